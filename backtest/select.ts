import type { FeatureRows } from '../features/candle-features.ts';
import { bic, parameterCount } from '../hmm/criteria.ts';
import { type BootstrapInterval, bootstrapMean } from './bootstrap.ts';
import { type Fold, joined, meanOf, scoreLater } from './rolling.ts';
import { type FitBudget, fitFold, type Specification } from './specification.ts';

export interface SelectOptions {
  readonly candidates: readonly Specification[];
  readonly folds: readonly Fold[];
  readonly budget: FitBudget;
  readonly onFit?: (done: number, of: number) => void;
}

export interface Candidate extends Specification {
  readonly parameters: number;
  /** One-step predictive log-likelihood of the later rows, unscaled features, nats/candle. */
  readonly mean: number;
  /** Shortfall from the best, and its standard error under dependence; nats/candle. */
  readonly shortfall: number;
  readonly standardError: number;
  /** Of the last fold's fit, per row: reported, not trusted. */
  readonly bicPerRow: number;
}

export interface Selection {
  readonly chosen: Specification;
  readonly best: Specification;
  readonly byBic: Specification;
  /** Later candles that every candidate was scored on. */
  readonly candles: number;
  readonly folds: number;
  readonly candidates: readonly Candidate[];
}

/**
 * Walk-forward selection. Each candidate is fitted on each fold's window and scored on the rows after it, one step ahead,
 * the filter carried over the cut. Chosen is the candidate with the fewest parameters of those whose shortfall from the
 * best mean is at most one standard error of that difference (stationary bootstrap): a gain that may be chance buys no
 * state. Deterministic; costs candidates × folds fits. Throws a `RangeError` without candidates or folds.
 */
export const selectModel = (features: FeatureRows, options: SelectOptions): Selection => {
  const { candidates, folds, budget, onFit } = options;
  if (candidates.length === 0 || folds.length === 0)
    throw new RangeError(`nothing to select from: ${candidates.length} candidates, ${folds.length} folds`);
  let done = 0;
  const scored = candidates.map((candidate) => {
    const parts = folds.map((fold) => {
      const { model, scaler, logLikelihood } = fitFold(features, fold, candidate, budget);
      onFit?.(++done, candidates.length * folds.length);
      const rows = fold.cut - fold.from;
      const later = scoreLater(model, scaler, features, fold);
      return { later, parameters: parameterCount(model), bicPerRow: bic(model, logLikelihood, rows) / rows };
    });
    const scores = joined(parts.map(({ later }) => later));
    const { parameters, bicPerRow } = parts.at(-1)!;
    return { ...candidate, parameters, bicPerRow, scores, mean: meanOf(scores) };
  });
  return summarise(scored, folds.length, budget.seed);
};

interface Scored extends Omit<Candidate, 'shortfall' | 'standardError'> {
  readonly scores: Float64Array;
}

const summarise = (scored: readonly Scored[], folds: number, seed: number): Selection => {
  const best = scored.reduce((a, b) => (b.mean > a.mean ? b : a));
  const candidates = scored.map(({ scores, ...candidate }): Candidate => {
    const { mean, standardError } = shortfallOf(best.scores, scores, seed);
    return { ...candidate, shortfall: mean, standardError };
  });
  const near = candidates.filter(({ shortfall, standardError }) => shortfall <= standardError);
  const chosen = near.reduce((a, b) => (b.parameters < a.parameters ? b : a));
  const byBic = candidates.reduce((a, b) => (b.bicPerRow < a.bicPerRow ? b : a));
  return {
    ...{ chosen: specificationOf(chosen), best: specificationOf(best), byBic: specificationOf(byBic) },
    ...{ candles: best.scores.length, folds, candidates },
  };
};

const shortfallOf = (best: Float64Array, scores: Float64Array, seed: number): BootstrapInterval =>
  bootstrapMean(
    best.map((value, t) => value - scores[t]!),
    { seed, resamples: 300 },
  );

const specificationOf = ({ nStates, covarianceType, emission }: Specification): Specification => ({
  nStates,
  covarianceType,
  emission,
});

/** `count` folds over the rows [0, rows): windows of at most `mostRows` that end where the next rows are scored. */
export const walkForward = (
  rows: number,
  { count, mostRows, share = 0.5 }: { count: number; mostRows: number; share?: number },
): Fold[] => {
  const first = Math.floor(share * rows);
  const step = Math.floor((rows - first) / count);
  if (step < 2) return [];
  return Array.from({ length: count }, (_, i) => {
    const cut = first + i * step;
    return { from: Math.max(0, cut - mostRows), cut, to: i === count - 1 ? rows : cut + step };
  });
};
