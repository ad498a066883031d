import { type Evaluation, type EvaluationOptions, evaluateModel } from '../backtest/evaluation.ts';
import type { FittedModel } from '../backtest/specification.ts';
import type { FeatureRows } from '../features/candle-features.ts';
import { HmmError } from '../hmm/hmm-error.ts';

/** Fewer candles say nothing of a mean. */
const leastHeldOut = 10;

export interface BaselineReport {
  readonly evaluation?: Evaluation;
  /** Why there is none. */
  readonly warnings: readonly string[];
}

export const notCompared = (why: string): string => `not compared with baselines: ${why}`;

/** The comparison, or why there is none: a baseline that cannot be fitted is no reason to lose a training. */
export const againstBaselines = (
  features: FeatureRows,
  own: Omit<FittedModel, 'logLikelihood'>,
  options: EvaluationOptions,
): BaselineReport => {
  const why = whyNot(features.openTimeMs.length, options.cut, own.model.nStates);
  if (why !== undefined) return { warnings: [notCompared(why)] };
  try {
    return { evaluation: evaluateModel(features, own, options), warnings: [] };
  } catch (error) {
    if (!(error instanceof HmmError)) throw error;
    return { warnings: [notCompared(error.message)] };
  }
};

const whyNot = (rows: number, cut: number, nStates: number): string | undefined => {
  const needed = 50 * nStates;
  if (rows - cut < leastHeldOut) return `${rows - cut} new candles, ${leastHeldOut} are needed`;
  if (cut < needed) return `${cut} stored candles to fit baselines on, ${needed} are needed`;
  return undefined;
};
