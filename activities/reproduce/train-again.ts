import type { CandleColumns } from '../../ledger/candle-columns.ts';
import type { SeriesHead } from '../../registry/head-file.ts';
import type { SeriesModel } from '../../registry/model-file.ts';
import { trainStrictModel } from '../strict/train-strict-model.ts';
import { trainSeriesModel } from '../train-series-model.ts';
import type { TrainingInputs } from '../training-inputs.ts';

export interface TrainAgain {
  readonly series: string;
  readonly inputs: TrainingInputs;
  readonly columns: CandleColumns;
  readonly champion: SeriesModel | undefined;
  readonly head: SeriesHead | undefined;
}

const nothing = (): void => {};

const common = ({ inputs, columns, champion }: TrainAgain) => ({
  columns,
  timeframeMs: inputs.timeframe_ms,
  nStates: inputs.n_states,
  covarianceType: inputs.covariance_type,
  seed: inputs.seed,
  gate: inputs.gate,
  ...(champion && { champion }),
});

/** What the worker did, with what it had: on this thread, and without the report on baselines. */
export const trainAgain = (again: TrainAgain) => {
  const { series, inputs, head } = again;
  if (inputs.mode === 'sliding') {
    const ensemble = inputs.ensemble ? { ensemble: inputs.ensemble } : {};
    return trainSeriesModel({ ...common(again), ...ensemble, isBare: true }, nothing);
  }
  const lineage = { lineage: inputs.lineage!, minPoints: inputs.min_points!, series };
  return trainStrictModel({ ...common(again), ...lineage, ...head }, nothing);
};
