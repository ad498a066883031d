import { type Selection } from '../backtest/select.ts';
import { automaticStates, selectStateCount } from '../backtest/state-count.ts';
import type { FeatureRows } from '../features/candle-features.ts';
import type { TrainingProgress } from './train-series-model.ts';

interface StatesJob {
  readonly nStates: number | 'auto';
  readonly covarianceType: 'diag' | 'full';
  readonly seed: number;
}

/** What a job needs rows for: `auto` may end with the smallest number of states. */
export const leastStates = (nStates: number | 'auto'): number =>
  nStates === 'auto' ? automaticStates[0] * 2 : nStates;

/** The number of states of the job: as given, or chosen on the first `rows` rows, which the model is fitted on. */
export const chooseStates = (
  { nStates, covarianceType, seed }: StatesJob,
  features: FeatureRows,
  rows: number,
  onProgress: (progress: TrainingProgress) => void,
): { readonly nStates: number; readonly selection?: Selection } => {
  if (nStates !== 'auto') return { nStates };
  const onFit = (done: number, of: number): void =>
    onProgress({ phase: 'select', restart: 0, iteration: done, logLikelihood: 0, done, of });
  const selection = selectStateCount(features, { rows, covarianceType, seed, onFit });
  return { nStates: selection.chosen.nStates, selection };
};

/** Where HMM_STATES=auto is refused at the start already. */
export const fixedStates = (nStates: number | 'auto'): number => {
  if (nStates !== 'auto') return nStates;
  throw new RangeError('HMM_STATES=auto needs MODEL_SCOPE=series');
};
