import type { Client } from '@temporalio/client';
import type {
  IngestAnswer,
  SeriesIngest,
  StartedAnswer,
  TrainAnswer,
  Training,
  TrainRequest,
} from '../api/training.ts';
import { refusalOfStates } from '../ledger/lineage-rows.ts';
import type { Ledger } from '../ledger/open.ts';
import { describeKill } from '../ledger/training-kills.ts';
import { parseSeries, type Series } from '../series.ts';
import { ingestId, retrainId, taskQueues } from '../workflows/ids.ts';
import { retrainArguments } from '../workflows/retrain-arguments.ts';
import type { IngestRequest, IngestResult, RetrainRequest, RetrainResult } from '../workflows/types.ts';
import { failureOf, WorkFailed } from './failure-of.ts';
import { askDecision, awaitedVersion } from './promotion-requests.ts';
import { createRecentWorkflows } from './recent-workflows.ts';
import { holdRetrain } from './retrain-hold.ts';
import { actOnSchedule } from './schedule-actions.ts';
import { listSchedules } from './schedules.ts';
import { mostToldGaps } from './told-gaps.ts';

export interface TrainingClientDeps {
  readonly client: Client;
  /** Read only: where watermarks and gaps of an answer come from. */
  readonly ledger: Ledger;
  readonly series: readonly string[];
  /** HMM_STATES: a request that names this number asks for the default. */
  readonly defaultStates: number | 'auto';
  /** Where runs are shown. */
  readonly ui: { readonly uiUrl: string | undefined; readonly namespace: string };
  /** EXACTLY_ONCE: a lineage keeps its number of states. */
  readonly exactlyOnce: boolean;
}

/** The gateway's view of the long work: start it, join it, wait for it. */
export const createTrainingClient = (deps: TrainingClientDeps): Training => {
  const recentWorkflows = createRecentWorkflows(deps.client, deps.ui);
  return {
    ingestOnce: ({ until, wait }) => ingestOnce(deps, until, wait),
    train: (request) => train(deps, request),
    decide: async (asked) => {
      const request = { ...asked, reason: `asked for by ${asked.actor}` };
      return { ...(await askDecision(deps.client, request).catch(rethrow)) };
    },
    awaitingApproval: () => awaitedVersion(deps.client).catch(rethrow),
    workflows: () => recentWorkflows().catch(rethrow),
    holdRetrain: (note) => holdRetrain(deps.client, note).catch(rethrow),
    schedules: () => listSchedules(deps.client).catch(rethrow),
    actOnSchedule: (request) => actOnSchedule(deps.client, request).catch(rethrow),
    healthy: async () => {
      const check = deps.client.workflowService.getSystemInfo({});
      return await check.then(
        () => true,
        () => false,
      );
    },
  };
};

const rethrow = (error: unknown): never => {
  throw failureOf(error);
};

const ingestOnce = async (
  deps: TrainingClientDeps,
  until: 'chunk' | 'now',
  wait: boolean,
): Promise<IngestAnswer> => {
  const workflowIds = deps.series.map(ingestId);
  if (!wait) {
    await Promise.all(deps.series.map((series) => startIngest(deps.client, { series, until }))).catch(
      rethrow,
    );
    return { downloaded: 0, series: [], workflow_ids: workflowIds };
  }
  const settled = await Promise.all(deps.series.map((series) => ingestOf(deps, { series, until })));
  demandOneSuccess(settled);
  const series = settled.map(({ answer }) => answer);
  return {
    downloaded: series.reduce((sum, one) => sum + one.downloaded, 0),
    series,
    workflow_ids: workflowIds,
  };
};

const startIngest = (client: Client, request: IngestRequest) =>
  client.workflow.start('ingest', {
    workflowId: ingestId(request.series),
    taskQueue: taskQueues.ingest,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [request],
    staticSummary: `Store new candles of ${request.series}`,
  });

/** One series; a run of one chunk that was already there is followed by the one that was asked for. */
const runIngest = async (client: Client, request: IngestRequest): Promise<IngestResult> => {
  const result = (await (await startIngest(client, request)).result()) as IngestResult;
  if (request.until === 'chunk' || result.caughtUp) return result;
  const rest = await runIngest(client, request);
  return { ...rest, downloaded: result.downloaded + rest.downloaded };
};

/**
 * A series that fails is reported beside the others: one delisted symbol never hides what the rest stored, nor what it
 * stored itself before it failed.
 */
const ingestOf = async (
  { client, ledger }: TrainingClientDeps,
  request: IngestRequest,
): Promise<{ answer: SeriesIngest; failure?: WorkFailed }> => {
  const series = parseSeries(request.series);
  const before = ledger.watermark(series) ?? 0;
  const outcome = await runIngest(client, request).catch(failureOf);
  const watermark = ledger.watermark(series) ?? 0;
  const answer = { series: request.series, watermark, gaps: gapsSince(ledger, series, before) };
  if (!(outcome instanceof WorkFailed)) return { answer: { ...answer, downloaded: outcome.downloaded } };
  return {
    answer: {
      ...answer,
      downloaded: ledger.barsFrom(series, before),
      error: `${outcome.type}: ${outcome.message}`,
    },
    failure: outcome,
  };
};

/** In order of time. A series may have tens of thousands from before, which nobody asked for. */
const gapsSince = (ledger: Ledger, series: Series, sinceMs: number): SeriesIngest['gaps'] =>
  ledger
    .newestGaps({ series, areMissing: true, sinceMs, limit: mostToldGaps })
    .map(({ fromMs, toMs, missing }) => ({ fromMs, toMs, missing }))
    .reverse();

const demandOneSuccess = (settled: readonly { failure?: WorkFailed }[]): void => {
  const [first] = settled;
  if (first?.failure && settled.every(({ failure }) => failure)) throw first.failure;
};

const train = async (
  deps: TrainingClientDeps,
  request: TrainRequest,
): Promise<TrainAnswer | StartedAnswer> => {
  try {
    demandTraining(deps);
    demandLineageStates(deps, request);
    const handle = await startRetrain(deps, request);
    if (!request.wait) return { workflow_id: retrainId };
    return { ...((await handle.result()) as RetrainResult), workflow_id: retrainId };
  } catch (error) {
    throw failureOf(error);
  }
};

/** Said at once; the ledger refuses the claim as well, whoever asks. */
const demandTraining = ({ ledger }: TrainingClientDeps): void => {
  const kill = ledger.trainingKill();
  if (kill) throw new WorkFailed('TrainingKilled', describeKill(kill), undefined);
};

/** Refused before anything is claimed; the training activity looks again, for whoever starts it in another way. */
const demandLineageStates = (
  { ledger, series, exactlyOnce }: TrainingClientDeps,
  { nStates }: TrainRequest,
): void => {
  if (!exactlyOnce) return;
  for (const key of series) {
    const refusal = refusalOfStates(ledger.activeLineage(key), nStates);
    if (refusal !== undefined) throw new WorkFailed('LineageFixed', refusal, undefined);
  }
};

/** Starts the one retrain or joins it; asking for something else while it runs is refused. */
const startRetrain = async ({ client, defaultStates }: TrainingClientDeps, request: TrainRequest) => {
  const wanted: RetrainRequest = withoutDefaults(request, defaultStates);
  const text = retrainArguments(wanted);
  const handle = await client.workflow.start('retrain', {
    workflowId: retrainId,
    taskQueue: taskQueues.train,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [wanted],
    memo: { arguments: text },
    staticSummary: `Retrain ${text}`,
  });
  const { memo } = await handle.describe();
  if (memo?.['arguments'] === text) return handle;
  throw new WorkFailed(
    'RetrainRunning',
    `a retrain with other arguments is running (${String(memo?.['arguments'])}); this one asked for ${text}`,
    undefined,
  );
};

const withoutDefaults = (
  { nStates, tag, promote }: TrainRequest,
  defaultStates: number | 'auto',
): RetrainRequest => ({
  ...(nStates === undefined || nStates === defaultStates ? {} : { nStates }),
  ...(tag === undefined ? {} : { tag }),
  ...(promote === undefined ? {} : { promote }),
});
