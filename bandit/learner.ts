import { type ArmEstimate, type ArmModel, estimateAt, modelOf, updatedModel } from './arm-model.ts';
import { type ArmSums, emptySums, extendSums, learn, remaining } from './arm-sums.ts';
import type { Rate } from './forgetting.ts';

/** What an arm has learned, at each speed of forgetting, as of learned outcome number `lastSeq` of all arms together. */
export interface ArmMemory {
  readonly sums: readonly ArmSums[];
  readonly lastSeq: number;
}

/** An outcome: context of length D, reward in deviations, its number among the learned ones of all arms. */
export interface LearnedOutcome {
  readonly x: Float64Array;
  readonly reward: number;
  readonly learnedSeq: number;
}

export const emptyMemory = (dimension: number, rates: readonly Rate[]): ArmMemory => ({
  sums: rates.map(() => emptySums(dimension)),
  lastSeq: 0,
});

/** The same memory in more dimensions. */
export const extendMemory = (memory: ArmMemory, dimension: number): ArmMemory => ({
  ...memory,
  sums: memory.sums.map((sums) => extendSums(sums, dimension)),
});

/** The memory after one more outcome; what it knew before fades by the outcomes that all arms learned since. */
export const afterOutcome = (
  { sums, lastSeq }: ArmMemory,
  { x, reward, learnedSeq }: LearnedOutcome,
  rates: readonly Rate[],
): ArmMemory => ({
  sums: sums.map((one, rate) =>
    learn(extendSums(one, x.length), x, reward, remaining(learnedSeq - lastSeq, rates[rate]!.halfLife)),
  ),
  lastSeq: learnedSeq,
});

/** Takes an outcome back: what is left of it by now is subtracted, so that it never was. */
export const withoutOutcome = (
  { sums, lastSeq }: ArmMemory,
  { x, reward, learnedSeq }: LearnedOutcome,
  rates: readonly Rate[],
): ArmMemory => ({
  sums: sums.map((one, rate) => {
    const left = remaining(lastSeq - learnedSeq, rates[rate]!.halfLife);
    const { gram, moment, dimension } = extendSums(one, x.length);
    return {
      dimension,
      gram: gram.map((entry, at) => entry - left * x[Math.floor(at / dimension)]! * x[at % dimension]!),
      moment: moment.map((entry, at) => entry - left * reward * x[at]!),
    };
  }),
  lastSeq,
});

/** The arm ready to be asked at one speed, after `learnedCount` outcomes of all arms. */
export const modelAt = (
  { sums, lastSeq }: ArmMemory,
  { rate, rates, lambda, learnedCount }: ModelOptions,
): ArmModel =>
  modelOf(sums[rate]!, { lambda, remaining: remaining(learnedCount - lastSeq, rates[rate]!.halfLife) });

export interface ModelOptions {
  readonly rate: number;
  readonly rates: readonly Rate[];
  readonly lambda: number;
  readonly learnedCount: number;
}

/** Models by arm and speed, each made once and kept for as long as it holds. */
export interface ModelCache {
  model(memory: ArmMemory, arm: number, options: ModelOptions): ArmModel;
  /** Where nothing is forgotten, one rank-one update keeps the arm's model; the others' hold as they are. */
  learned(
    before: ArmMemory,
    after: ArmMemory,
    arm: number,
    outcome: LearnedOutcome,
    options: Omit<ModelOptions, 'rate' | 'learnedCount'>,
  ): void;
}

interface Kept {
  readonly memory: ArmMemory;
  readonly learnedCount: number;
  readonly model: ArmModel;
}

export const createModelCache = (): ModelCache => {
  const kept = new Map<string, Kept>();
  const forgets = ({ rate, rates }: Pick<ModelOptions, 'rate' | 'rates'>) =>
    Number.isFinite(rates[rate]!.halfLife);
  return {
    model(memory, arm, options) {
      const key = `${arm}:${options.rate}`;
      const known = kept.get(key);
      const holds =
        known?.memory === memory && (known.learnedCount === options.learnedCount || !forgets(options));
      if (known && holds) return known.model;
      const model = modelAt(memory, options);
      kept.set(key, { memory, learnedCount: options.learnedCount, model });
      return model;
    },
    learned(before, after, arm, outcome, options) {
      options.rates.forEach((_, rate) => {
        const key = `${arm}:${rate}`;
        const known = kept.get(key);
        if (known?.memory !== before || forgets({ ...options, rate })) {
          kept.delete(key);
          return;
        }
        const { x, reward, learnedSeq } = outcome;
        const model = updatedModel(known.model, {
          x,
          reward,
          sums: after.sums[rate]!,
          lambda: options.lambda,
        });
        kept.set(key, { memory: after, learnedCount: learnedSeq, model });
      });
    },
  };
};

/** The arm's one-step-ahead forecast at each speed. */
export const forecastsOf = (
  memory: ArmMemory,
  x: Float64Array,
  options: Omit<ModelOptions, 'rate'>,
): ArmEstimate[] => options.rates.map((_, rate) => estimateAt(modelAt(memory, { ...options, rate }), x));
