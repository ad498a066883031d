import { rowsBetween } from '../../backtest/rolling.ts';
import { fit } from '../../hmm/fit.ts';
import { type Hmm, toParameters } from '../../hmm/model.ts';
import type { GateOptions } from '../../registry/gate.ts';
import type { JudgedSeriesModel, OpenTimeRange } from '../../registry/model-file.ts';
import type { SeriesFailure } from '../../workflows/types.ts';
import { againstBaselines, type BaselineReport } from '../against-baselines.ts';
import { labelAgainstChampion } from '../label-against-champion.ts';
import {
  beginning,
  orderByMeanReturn,
  type SeriesTraining,
  stopwatch,
  type TrainingProgress,
} from '../train-series-model.ts';
import { TrainingError } from '../training-error.ts';
import { unseenChampion } from '../unseen-champion.ts';
import { type JudgedMember, judgePool } from './judge-pool.ts';
import { type PooledCandles, type PooledMember, pooledRows, poolOf } from './pool.ts';

export interface PooledJob {
  readonly pool: readonly PooledCandles[];
  readonly timeframeMs: number;
  readonly nStates: number;
  readonly covarianceType: 'diag' | 'full';
  readonly seed: number;
  readonly restarts?: number;
  readonly gate: GateOptions;
}

export interface PooledTraining {
  /** By series, every one with the same `hmm` and a scaler of its own. */
  readonly trainings: Readonly<Record<string, SeriesTraining>>;
  readonly left: readonly SeriesFailure[];
}

/**
 * Sliding mode with MODEL_SCOPE=pooled: one fit over the windows of all series as separate sequences, each scaled by its
 * own scaler; judged on what lies after the cut, then fitted on to the whole windows. A series that is too short is left
 * out with the reason. Pure, like `trainSeriesModel`. Throws `TrainingError` when too little is left to pool.
 */
export const trainPooledModel = (
  job: PooledJob,
  onProgress: (progress: TrainingProgress) => void,
): PooledTraining => {
  const clock = stopwatch();
  const { members, left } = poolOf(job.pool, job);
  demandRows(members, left, job.nStates);
  const data = pooledRows(members, false);
  const featuresMs = clock();
  const first = fit(data, { ...job, onIteration: (progress) => onProgress({ phase: 'fit', ...progress }) });
  const judged = orderByMeanReturn(first.model);
  const fitMs = clock();
  onProgress({ ...beginning('score'), logLikelihood: first.logLikelihood });
  const results = judgePool(judged, data, members, job.gate);
  const scoreMs = clock();
  const whole = fit(pooledRows(members, true), {
    ...job,
    initial: judged,
    onIteration: (progress) => onProgress({ phase: 'refit', ...progress }),
  });
  const final = orderByMeanReturn(whole.model);
  const refitMs = clock();
  const evaluations = results.map(({ member }) => evaluationOf(member, judged, job));
  const shared = {
    warnings: [...first.report.warnings, ...whole.report.warnings.map((warning) => `refit: ${warning}`)],
    timings: { featuresMs, fitMs, scoreMs, refitMs, evaluateMs: clock() },
  };
  const trainings = results.map((result, i): [string, SeriesTraining] => {
    const { warnings, ...evaluation } = evaluations[i]!;
    const training = { ...trainingOf(result, judged, final), ...evaluation, ...shared };
    return [result.member.series, { ...training, warnings: [...shared.warnings, ...warnings] }];
  });
  return { trainings: Object.fromEntries(trainings), left };
};

const demandRows = (
  members: readonly PooledMember[],
  left: readonly SeriesFailure[],
  nStates: number,
): void => {
  const rows = members.reduce((sum, { features }) => sum + features.openTimeMs.length, 0);
  const needed = 50 * nStates;
  if (rows >= needed) return;
  const reasons = left.map(({ series, reason }) => `; ${series}: ${reason}`).join('');
  throw new TrainingError(
    'TooFewRows',
    `${rows} complete feature rows in the pool, ${needed} needed for ${nStates} states${reasons}`,
  );
};

const trainingOf = (
  { member, scores, gate }: JudgedMember,
  judged: Hmm,
  final: Hmm,
): Pick<SeriesTraining, 'model' | 'gate' | 'nObs' | 'metricValue'> => ({
  model: modelOf(member, judged, final),
  gate,
  nObs: member.features.openTimeMs.length,
  metricValue: scores.reduce((a, b) => a + b, 0) / scores.length,
});

/** Of each series by itself: its baselines know its own candles. */
const evaluationOf = (
  { champion, features, cut, scaler }: PooledMember,
  model: Hmm,
  { seed }: PooledJob,
): BaselineReport =>
  againstBaselines(
    features,
    { model, scaler },
    { cut, seed, ...unseenChampion(champion, features.openTimeMs[cut]!) },
  );

const modelOf = (member: PooledMember, judged: Hmm, final: Hmm): JudgedSeriesModel => {
  const { scaler, cut, columns } = member;
  const { openTimeMs } = member.features;
  const n = openTimeMs.length;
  const fromMs = columns.openTimeMs[0]!;
  const range = (last: number): OpenTimeRange => ({ fromMs, toMs: openTimeMs[last]! });
  return {
    hmm: toParameters(final),
    scaler,
    ...labelAgainstChampion(final, scaler, rowsBetween(member.features, 0, n), member.champion),
    trainedRange: range(n - 1),
    judged: {
      hmm: toParameters(judged),
      scaler,
      trainedRange: range(cut - 1),
      heldOut: { fromMs: openTimeMs[cut]!, toMs: openTimeMs[n - 1]!, candles: n - cut },
    },
  };
};
