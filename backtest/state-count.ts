import type { FeatureRows } from '../features/candle-features.ts';
import type { CovarianceType } from '../hmm/model.ts';
import { type Selection, selectModel, walkForward } from './select.ts';
import { quickFit, specifications } from './specification.ts';

/** What HMM_STATES=auto chooses from. */
export const automaticStates = [2, 3, 4, 5, 6, 8] as const;
/** Rows that each state should have at least in every window of the selection. */
const rowsPerState = 50;
const folds = 2;
const mostRows = 8000;

export interface StateCountOptions {
  /** Selection sees the first so many rows only. */
  readonly rows: number;
  readonly covarianceType: CovarianceType;
  readonly seed: number;
  readonly onFit?: (done: number, of: number) => void;
}

/**
 * The number of states for HMM_STATES=auto, by walk-forward over the second half of the given rows; covariance and
 * emission stay as configured. At most 12 fits of 8000 rows. Throws a `RangeError` on fewer than 200 rows.
 */
export const selectStateCount = (features: FeatureRows, options: StateCountOptions): Selection => {
  const { rows, covarianceType, seed, onFit } = options;
  const counts = automaticStates.filter((nStates) => rowsPerState * nStates <= rows / 2);
  return selectModel(features, {
    candidates: specifications(counts, [covarianceType], ['gaussian']),
    folds: walkForward(rows, { count: folds, mostRows }),
    budget: { ...quickFit, seed },
    ...(onFit ? { onFit } : {}),
  });
};
