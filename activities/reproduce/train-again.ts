import type { CandleColumns } from '../../ledger/candle-columns.ts';
import type { SeriesHead } from '../../registry/head-file.ts';
import type { SeriesModel } from '../../registry/model-file.ts';
import type { PooledHead } from '../pooled/pool-heads.ts';
import { trainPooledModel } from '../pooled/train-pooled-model.ts';
import { trainStrictPoolModel } from '../pooled/train-strict-pool-model.ts';
import { type StrictTraining, trainStrictModel } from '../strict/train-strict-model.ts';
import { type SeriesTraining, trainSeriesModel } from '../train-series-model.ts';
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

const alone = (again: TrainAgain): SeriesTraining | StrictTraining => {
  const { series, inputs, head } = again;
  if (inputs.mode === 'sliding') {
    const ensemble = inputs.ensemble ? { ensemble: inputs.ensemble } : {};
    return trainSeriesModel({ ...common(again), ...ensemble, isBare: true }, nothing);
  }
  const lineage = { lineage: inputs.lineage!, minPoints: inputs.min_points!, series };
  return trainStrictModel({ ...common(again), ...lineage, ...head }, nothing);
};

const poolAgain = (
  pool: readonly TrainAgain[],
): Readonly<Record<string, SeriesTraining | StrictTraining>> => {
  const [first] = pool;
  if (!first) return {};
  const { min_points: minPoints = 0, gate, mode } = first.inputs;
  const { timeframeMs, covarianceType, seed } = common(first);
  const shared = { timeframeMs, covarianceType, seed, nStates: first.inputs.n_states as number };
  const members = pool.map(({ series, columns, champion }) => ({
    ...{ series, columns },
    ...(champion && { champion }),
  }));
  if (mode === 'sliding') return trainPooledModel({ ...shared, gate, pool: members }, nothing).trainings;
  const strictPool = pool.map(({ inputs, head }, i) => ({
    ...{ ...members[i]!, lineage: inputs.lineage!, gate: inputs.gate },
    ...(head && { ...head, head: head.head as PooledHead }),
  }));
  return trainStrictPoolModel({ ...shared, minPoints, strictPool }, nothing);
};

/** Told after each series. */
export type SeriesProgress = (done: number, total: number) => void;

/** By series, what the worker did, with what it had: on this thread, and without the report on baselines. */
export const trainAgain = (
  all: readonly TrainAgain[],
  progress: SeriesProgress = nothing,
): Map<string, SeriesTraining | StrictTraining> => {
  const pool = all.filter(({ inputs }) => inputs.pooled);
  const others = all.filter(({ inputs }) => !inputs.pooled);
  const byName = [...pool].sort((one, other) => (one.series < other.series ? -1 : 1));
  return new Map([
    ...others.map((one, i) => {
      const training = alone(one);
      progress(i + 1, all.length);
      return [one.series, training] as const;
    }),
    ...Object.entries(poolAgain(byName)),
  ]);
};
