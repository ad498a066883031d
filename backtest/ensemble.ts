import {
  type CandleColumns,
  candleFeatures,
  completeRows,
  type FeatureRows,
} from '../features/candle-features.ts';
import { averageBars } from '../hmm/ensemble/averaging.ts';
import { type FitOptions, fit } from '../hmm/fit.ts';
import { fitScaler, scaleRows } from '../hmm/scaler.ts';
import {
  type Fold,
  foldsOf,
  type Interval,
  intervalOf,
  joined,
  meanOf,
  rowsBetween,
  scoreLater,
} from './rolling.ts';

export interface EnsembleOptions {
  readonly timeframeMs: number;
  readonly stateCounts: readonly number[];
  /** φ of the ensembles that are compared. */
  readonly forgettings: readonly number[];
  /** Candles that each fit sees, and candles until the next fit. */
  readonly window: number;
  readonly step: number;
  readonly fit: Omit<FitOptions, 'nStates' | 'initial' | 'onIteration'>;
}

export interface EnsembleResult {
  readonly forgetting: number;
  /** One-step predictive log-likelihood, unscaled features, nats/candle. */
  readonly mean: number;
  readonly againstBestFixed: Interval;
  readonly againstChosen: Interval;
  /** Mean weight of each state count. */
  readonly weights: readonly number[];
}

export interface EnsembleReport {
  readonly candles: number;
  readonly fits: number;
  readonly fixed: readonly { readonly nStates: number; readonly mean: number }[];
  /** The state count that was best over all scored candles: known only afterwards. */
  readonly bestFixed: number;
  /** In each fold the state count with the highest score on the candles scored before it. */
  readonly chosen: { readonly mean: number; readonly nStates: readonly number[] };
  readonly ensembles: readonly EnsembleResult[];
  /** Some ensemble whose interval against the best fixed count and against the chosen one lies above 0. */
  readonly wins: boolean;
}

/**
 * Does an ensemble over state counts predict better than one state count? Every model is refitted on a moving window and
 * scored on the candles after it. The first fold only teaches the weights and the choice: it is not counted.
 */
export const ensembleReport = (columns: CandleColumns, options: EnsembleOptions): EnsembleReport => {
  const features = completeRows(candleFeatures(columns, options));
  const folds = foldsOf(features.openTimeMs.length, options);
  if (folds.length < 2)
    throw new RangeError(
      `${features.openTimeMs.length} complete rows: a window of ${options.window} and more than ${options.step} after it are needed`,
    );
  const scores = folds.map((fold) => scoreMembers(features, fold, options));
  const members = options.stateCounts.map((_, m) => joined(scores.map((fold) => fold[m]!)));
  const counted = (all: Float64Array): Float64Array => all.subarray(scores[0]![0]!.length);
  const means = members.map((member) => meanOf(counted(member)));
  const best = means.indexOf(Math.max(...means));
  const choice = chooseOnPast(scores);
  const chosen = joined(choice.map((m, fold) => scores[fold + 1]![m]!));
  const ensembles = options.forgettings.map((forgetting): EnsembleResult => {
    const { logLikelihood, logWeights } = averageBars(members, forgetting);
    const mixture = counted(logLikelihood);
    return {
      ...{ forgetting, mean: meanOf(mixture), weights: meanWeights(logWeights, members.length) },
      againstBestFixed: intervalOf(mixture, counted(members[best]!)),
      againstChosen: intervalOf(mixture, chosen),
    };
  });
  return {
    ...{ candles: chosen.length, fits: folds.length * members.length, ensembles },
    fixed: options.stateCounts.map((nStates, m) => ({ nStates, mean: means[m]! })),
    bestFixed: options.stateCounts[best]!,
    chosen: { mean: meanOf(chosen), nStates: choice.map((m) => options.stateCounts[m]!) },
    wins: ensembles.some((one) => one.againstBestFixed.lower > 0 && one.againstChosen.lower > 0),
  };
};

/** [M][to − cut] */
const scoreMembers = (features: FeatureRows, fold: Fold, options: EnsembleOptions): Float64Array[] => {
  const raw = rowsBetween(features, fold.from, fold.cut);
  const scaler = fitScaler(raw);
  const data = { ...raw, rows: scaleRows(scaler, raw.rows) };
  return options.stateCounts.map((nStates) =>
    scoreLater(fit(data, { ...options.fit, nStates }).model, scaler, features, fold),
  );
};

/** For each fold but the first: the member with the highest sum over the folds before it. */
const chooseOnPast = (scores: readonly (readonly Float64Array[])[]): number[] => {
  const sums = new Float64Array(scores[0]!.length);
  return scores.slice(0, -1).map((fold) => {
    fold.forEach((member, m) => {
      sums[m] = sums[m]! + member.reduce((a, b) => a + b, 0);
    });
    return sums.indexOf(Math.max(...sums));
  });
};

const meanWeights = (logWeights: Float64Array, M: number): number[] => {
  const sums = new Float64Array(M);
  logWeights.forEach((value, i) => {
    sums[i % M] = sums[i % M]! + Math.exp(value);
  });
  return Array.from(sums, (sum) => (sum * M) / logWeights.length);
};
