import type { Evaluation } from '../backtest/evaluation.ts';
import { featureSet } from '../features/candle-features.ts';
import type { NewAlert } from '../ledger/alerts.ts';
import type { NewVersion } from '../ledger/versions.ts';
import type { OpenTimeRange, SeriesModel } from '../registry/model-file.ts';
import type { CommittedVersion, RetrainRequest, SeriesFailure, SeriesOutcome } from '../workflows/types.ts';
import {
  countDispositions,
  type LineageReport,
  lineageReports,
  type StrictDispositions,
  type StrictPart,
} from './strict/report.ts';
import type { SeriesTraining } from './train-series-model.ts';
import type { TrainingInputs } from './training-inputs.ts';

export const metricName = 'val_log_likelihood';

/** A training of either mode. */
type Trained = Pick<SeriesTraining, 'gate' | 'nObs' | 'metricValue' | 'warnings'> & {
  readonly model: SeriesModel;
  /** Candles that the metric is over; absent: those that were held out. */
  readonly scoredCandles?: number;
  readonly evaluation?: Evaluation;
  readonly timings: Readonly<Record<string, number>>;
};

/** What one series' training left on disk for the version. */
export interface StagedTraining {
  readonly training: Trained;
  /** Of the candles that it was trained and judged on. */
  readonly dataHash: string;
  readonly newCandles: number;
  readonly strict?: StrictPart;
  readonly inputs?: TrainingInputs;
  /** By series: of a pool, those of all its series, also of one that was left out in the end. */
  readonly poolInputs?: Readonly<Record<string, TrainingInputs>>;
}

export interface Staged extends StagedTraining {
  readonly outcome: SeriesOutcome;
}

/** metadata.json: everything about a version that is not the model itself. snake_case, as its readers know it. */
export interface VersionMetadata {
  readonly version_id: string;
  readonly created_at: string;
  readonly parent_version: string | null;
  readonly metric_name: string;
  /** Mean one-step predictive log-likelihood of the held-out candles, over `trained_series`; nats/candle. */
  readonly metric_value: number;
  readonly trained_series: readonly string[];
  readonly gates: Readonly<Record<string, SeriesTraining['gate']>>;
  /** Series that hold the parent's model (or none): why. */
  readonly kept_series: readonly SeriesFailure[];
  readonly trained_ranges: Readonly<Record<string, OpenTimeRange>>;
  readonly n_obs: number;
  readonly n_states: number;
  readonly train_seed: number;
  readonly feature_set: string;
  readonly claimed_files: number;
  readonly file_ids: readonly string[];
  /** Sliding mode: the claimed candles, of which those inside the window were trained on. Strict mode: each of them. */
  readonly dispositions: Partial<StrictDispositions> & { readonly claimed: number };
  /** Strict mode, by series. */
  readonly lineages?: Readonly<Record<string, LineageReport>>;
  /** By series, what `autotrain reproduce` trains again from. */
  readonly inputs: Readonly<Record<string, TrainingInputs>>;
  /** By series: the model against baselines on candles that it was not fitted on, and its regimes. */
  readonly evaluation: Readonly<Record<string, Evaluation>>;
  readonly warnings: Readonly<Record<string, readonly string[]>>;
  readonly data_hash: string;
  readonly code_version: string;
  readonly node_version: string;
  readonly tag: string | null;
  readonly message: string;
  readonly timings: Readonly<Record<string, Trained['timings']>>;
}

export interface VersionFacts {
  readonly versionId: string;
  readonly startedAtMs: number;
  readonly parent: string | null;
  readonly staged: readonly Staged[];
  readonly left: readonly SeriesFailure[];
  readonly fileIds: readonly string[];
  readonly request: RetrainRequest;
  readonly seed: number;
  readonly dataHash: string;
  readonly codeVersion: string;
}

export const describeVersion = (facts: VersionFacts): VersionMetadata => {
  const { staged, request } = facts;
  const refused = staged
    .filter(({ outcome }) => outcome.decision !== 'pass')
    .map(({ outcome }) => asKept(outcome));
  return {
    version_id: facts.versionId,
    created_at: new Date(facts.startedAtMs).toISOString(),
    parent_version: facts.parent,
    metric_name: metricName,
    metric_value: pooledMetric(staged.map(({ outcome }) => outcome)),
    trained_series: staged.map(({ outcome }) => outcome.series),
    gates: bySeries(staged, ({ training }) => training.gate),
    kept_series: [...refused, ...facts.left],
    trained_ranges: bySeries(staged, ({ training }) => training.model.trainedRange),
    n_obs: sum(staged.map(({ outcome }) => outcome.nObs)),
    n_states: Math.max(...staged.map(({ outcome }) => outcome.nStates)),
    train_seed: facts.seed,
    feature_set: featureSet,
    claimed_files: facts.fileIds.length,
    file_ids: facts.fileIds,
    dispositions: { claimed: sum(staged.map(({ newCandles }) => newCandles)), ...countDispositions(staged) },
    ...lineageReports(staged),
    inputs: Object.fromEntries(
      staged.flatMap(({ outcome, inputs, poolInputs = {} }) => [
        ...Object.entries(poolInputs),
        ...(inputs ? [[outcome.series, inputs] as const] : []),
      ]),
    ),
    evaluation: Object.fromEntries(
      staged.flatMap(({ outcome, training }) =>
        training.evaluation ? [[outcome.series, training.evaluation]] : [],
      ),
    ),
    warnings: bySeries(staged, ({ training }) => training.warnings),
    data_hash: facts.dataHash,
    code_version: facts.codeVersion,
    node_version: process.version,
    tag: request.tag ?? null,
    message: messageOf(staged),
    timings: bySeries(staged, ({ training }) => training.timings),
  };
};

const asKept = ({ series, decision, reason }: SeriesOutcome): SeriesFailure => ({
  series,
  type: decision,
  reason,
});

const bySeries = <T>(staged: readonly Staged[], pick: (one: Staged) => T): Record<string, T> =>
  Object.fromEntries(staged.map((one) => [one.outcome.series, pick(one)]));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);

/** Σ candles·mean / Σ candles over the trained series: every held-out candle weighs the same. */
const pooledMetric = (outcomes: readonly SeriesOutcome[]): number =>
  sum(outcomes.map(({ metricValue, heldOutCandles }) => metricValue * heldOutCandles)) /
  sum(outcomes.map(({ heldOutCandles }) => heldOutCandles));

const messageOf = (staged: readonly Staged[]): string =>
  staged
    .flatMap(({ outcome: { series, decision, reason }, strict }) => [
      `${series}: ${decision} (${reason})`,
      ...(strict?.notes ?? []),
    ])
    .join('; ');

/** One alert for all series of the version that were judged and refused. */
export const refusedGates = ({ version_id, gates }: VersionMetadata): NewAlert[] => {
  const refused = Object.entries(gates).filter(([, { decision }]) => decision === 'refuse');
  if (refused.length === 0) return [];
  const message = refused.map(([series, { reason }]) => `${series}: ${reason}`).join('; ');
  const detail = { version: version_id, series: refused.map(([series]) => series) };
  return [{ kind: 'gate_failure', subject: version_id, message, detail }];
};

export const summaryOf = (metadata: VersionMetadata): CommittedVersion => ({
  versionId: metadata.version_id,
  parentVersionId: metadata.parent_version,
  metricName: metadata.metric_name,
  metricValue: metadata.metric_value,
  nObs: metadata.n_obs,
  nStates: metadata.n_states,
  claimedFiles: metadata.claimed_files,
  passed: metadata.trained_series.filter((series) => metadata.gates[series]?.decision === 'pass'),
  message: metadata.message,
});

export const rowOf = (metadata: VersionMetadata, dir: string, modelHash: string): NewVersion => ({
  versionId: metadata.version_id,
  dir,
  parentVersionId: metadata.parent_version,
  metricName: metadata.metric_name,
  metricValue: metadata.metric_value,
  modelHash,
  dataHash: metadata.data_hash,
  nStates: metadata.n_states,
  nObs: metadata.n_obs,
  tag: metadata.tag,
  series: metadata.trained_series,
  gate: metadata.gates,
  createdAt: Date.parse(metadata.created_at),
});
