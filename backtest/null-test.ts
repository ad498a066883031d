import {
  type CandleColumns,
  candleFeatures,
  completeRows,
  type FeatureRows,
} from '../features/candle-features.ts';
import { createRandom } from '../numerics/random.ts';
import { judgeFolds } from './judge.ts';
import { walkForward } from './select.ts';
import type { FitBudget, Specification } from './specification.ts';

export interface NullTestOptions {
  readonly timeframeMs: number;
  readonly specification: Specification;
  readonly budget: FitBudget;
  readonly seeds: number;
  /** Rows of each null: the newest ones of the data. */
  readonly rows: number;
  /** Rows that stay together when the real data are shuffled. */
  readonly blockLengths: readonly number[];
}

/** One kind of null data: on how many seeds regimes were "found" in it. */
export interface NullResult {
  readonly kind: 'shuffled' | 'single-regime';
  readonly blockLength: number | null;
  readonly seeds: number;
  /** Seeds with evidence of regimes in the log return, and in all features. */
  readonly returns: number;
  readonly joint: number;
  /** Mean over the seeds of the gain over the i.i.d. mixture of the same states, nats/candle. */
  readonly gainOverMixture: number;
  readonly returnsGainOverMixture: number;
}

/**
 * The same judgement on data without regimes must not find any: real rows in shuffled order, and candles of a random
 * walk whose volatility never changes, with the features computed from them. Longer blocks keep the dependence within
 * a block, so what is found there is the dependence that is left.
 */
export const nullTest = (features: FeatureRows, options: NullTestOptions): NullResult[] => {
  const seeds = Array.from({ length: options.seeds }, (_, seed) => seed);
  const recent = lastRows(features, options.rows);
  return [
    ...options.blockLengths.map((blockLength) =>
      summarise(
        { kind: 'shuffled', blockLength },
        seeds.map((seed) => judged(shuffleBlocks(recent, blockLength, seed), options)),
      ),
    ),
    summarise(
      { kind: 'single-regime', blockLength: null },
      seeds.map((seed) => {
        const candles = singleRegimeCandles(options.rows + 96, options.timeframeMs, seed);
        return judged(completeRows(candleFeatures(candles, options)), options);
      }),
    ),
  ];
};

const judged = (features: FeatureRows, { specification, budget }: NullTestOptions) => {
  const rows = features.openTimeMs.length;
  const folds = walkForward(rows, { count: 1, mostRows: rows, share: 0.6 });
  return judgeFolds(features, folds, specification, budget).judgement;
};

const summarise = (
  kind: Pick<NullResult, 'kind' | 'blockLength'>,
  judgements: readonly ReturnType<typeof judged>[],
): NullResult => {
  const count = (holds: (one: ReturnType<typeof judged>) => boolean): number =>
    judgements.filter(holds).length;
  const mean = (of: (one: ReturnType<typeof judged>) => number): number =>
    judgements.reduce((sum, one) => sum + of(one), 0) / judgements.length;
  return {
    ...kind,
    seeds: judgements.length,
    returns: count(({ regimeEvidence }) => regimeEvidence.returns),
    joint: count(({ regimeEvidence }) => regimeEvidence.joint),
    gainOverMixture: mean(({ rivals }) => rivals.iidMixture!.gain.joint!.mean),
    returnsGainOverMixture: mean(({ rivals }) => rivals.iidMixture!.gain.margin.mean),
  };
};

const lastRows = ({ rows, openTimeMs, names, sequenceStarts }: FeatureRows, count: number): FeatureRows => {
  const from = Math.max(0, openTimeMs.length - count);
  return {
    rows: rows.subarray(from * names.length),
    openTimeMs: openTimeMs.subarray(from),
    sequenceStarts: [0, ...sequenceStarts.filter((start) => start > from).map((start) => start - from)],
    names,
  };
};

/** Rows in blocks of `blockLength`, the blocks in random order (Fisher & Yates), as one sequence; open times stay. */
export const shuffleBlocks = (features: FeatureRows, blockLength: number, seed: number): FeatureRows => {
  const D = features.names.length;
  const random = createRandom(seed, 1);
  const order = Array.from({ length: Math.ceil(features.openTimeMs.length / blockLength) }, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const rows = new Float64Array(features.rows.length);
  let at = 0;
  for (const block of order) {
    const part = features.rows.subarray(block * blockLength * D, (block + 1) * blockLength * D);
    rows.set(part, at);
    at += part.length;
  }
  return { ...features, rows, sequenceStarts: [0] };
};

/** A Gaussian random walk of constant volatility in 12 steps a candle, its volumes log-normal and independent. */
export const singleRegimeCandles = (count: number, timeframeMs: number, seed: number): CandleColumns => {
  const random = createRandom(seed, 2);
  const column = () => new Float64Array(count);
  const [openTimeMs, open, high, low, close, volume] = [
    column(),
    column(),
    column(),
    column(),
    column(),
    column(),
  ];
  let price = 100;
  for (let t = 0; t < count; t++) {
    openTimeMs[t] = t * timeframeMs;
    open[t] = price;
    let [top, bottom] = [price, price];
    for (let step = 0; step < 12; step++) {
      price *= Math.exp(0.002 * random.normal());
      top = Math.max(top, price);
      bottom = Math.min(bottom, price);
    }
    [high[t], low[t], close[t]] = [top, bottom, price];
    volume[t] = 1000 * Math.exp(0.5 * random.normal());
  }
  return { openTimeMs, open, high, low, close, volume };
};
