import { setTimeout as delay } from 'node:timers/promises';
import type { IngestAnswer, TrainAnswer, WorkflowSummary } from '../../api/training.ts';
import type { Series } from '../../series.ts';
import { type GatewayClient, patience } from '../gateway-client.ts';

/** What `npm start -- --once --json` prints. */
export interface LoopSummary {
  readonly ok: boolean;
  readonly reason?: string;
  readonly stages: readonly string[];
  readonly series: readonly SeriesSummary[];
  readonly version?: Omit<TrainAnswer, 'workflow_id'>;
  readonly predict?: { readonly regime: string; readonly regime_proba: Readonly<Record<string, number>> };
  readonly param?: { readonly config_id: string };
  readonly outcome?: { readonly ok: boolean };
  readonly workflows: readonly Pick<WorkflowSummary, 'id' | 'runId' | 'type' | 'status' | 'ms' | 'url'>[];
  /** ms */
  readonly timings: Readonly<Record<string, number>>;
}

export interface SeriesSummary {
  readonly series: string;
  readonly bars: number;
  readonly watermark: number;
  /** Spans of candles that the exchange does not have; open times, inclusive. */
  readonly gaps: readonly { readonly fromMs: number; readonly toMs: number; readonly missing: number }[];
  readonly missing: number;
}

export interface LoopDeps {
  readonly gateway: GatewayClient;
  readonly series: readonly Series[];
  /** Read from the ledger: what is stored in all, not only by this run. */
  readonly stored: (series: Series) => SeriesSummary;
  readonly startedMs: number;
}

/** `refused`: series that could not be ingested; the loop goes on with the others and says so at its end. */
type Partly = { -readonly [K in keyof LoopSummary]?: LoopSummary[K] } & { refused?: string };
type Stage = (deps: LoopDeps, found: Partly) => Promise<void>;

const waited = { patienceMs: patience.workMs } as const;

const ingest: Stage = async ({ gateway, series, stored }, found) => {
  const answer = await gateway.post<IngestAnswer>('/ingest_once?until=now', {}, waited);
  found.series = series.map(stored);
  const failed = answer.series.filter(({ error }) => error !== undefined);
  if (failed.length > 0) found.refused = failed.map((one) => `${one.series}: ${one.error}`).join('; ');
};

const train: Stage = async ({ gateway }, found) => {
  const { workflow_id: _, ...version } = await gateway.post<TrainAnswer>('/train', {}, waited);
  found.version = version;
};

/** The retrain asks for the promotion; this stage has happened when the gateway serves what was promoted. */
const promote: Stage = async ({ gateway }, { version }) => {
  if (version?.promoted) await untilServed(gateway, version.version_id);
};

/** The gateway looks at the link twice a second. */
const untilServed = async (gateway: GatewayClient, versionId: string): Promise<void> => {
  for (const until = Date.now() + 10_000; Date.now() < until; await delay(100)) {
    const { active_version: active } = await gateway.get<{ active_version: string | null }>('/model');
    if (active === versionId) return;
  }
  throw new Error(`the gateway does not serve ${versionId} 10 s after its promotion`);
};

const predict: Stage = async ({ gateway, series }, found) => {
  found.predict = await gateway.post('/predict', { symbol: series[0]?.symbol });
};

/**
 * The bandit is asked and taught under a strategy of its own: a reward that nobody earned must never reach the arms
 * of a real strategy.
 */
const checkStrategy = 'loop_check';

const instrumentOf = (series: readonly Series[]): string => (series[0]?.symbol ?? '').replace('/', '');

const param: Stage = async ({ gateway, series }, found) => {
  const path = `${checkStrategy}/${instrumentOf(series)}`;
  await gateway.post(`/preset/register/${path}`, { preset_id: 'baseline', params: { size: 1 } });
  found.param = await gateway.get(`/param/${path}`);
};

const learn: Stage = async ({ gateway, series }, found) => {
  const [presetId] = (found.param?.config_id ?? '').split(':').slice(-1);
  const path = `/learn/outcome/${checkStrategy}/${instrumentOf(series)}/${presetId}`;
  found.outcome = await gateway.post(path, { reward: 0, config_id: found.param?.config_id });
};

const stages = { ingest, train, promote, predict, param, learn } as const;

/** One full loop through the gateway. A stage that fails ends it, and the summary says which and why. */
export const runLoop = async (deps: LoopDeps): Promise<LoopSummary> => {
  const found: Partly = { series: deps.series.map(deps.stored) };
  const done: string[] = [];
  const timings: Record<string, number> = {};
  let reason: string | undefined;
  for (const [name, stage] of Object.entries(stages)) {
    const begun = performance.now();
    try {
      await stage(deps, found);
      done.push(name);
    } catch (error) {
      reason = `${name}: ${error instanceof Error ? error.message : String(error)}`;
      break;
    } finally {
      timings[name] = Math.round(performance.now() - begun);
    }
  }
  const { refused, ...report } = found;
  reason ??= refused === undefined ? undefined : `ingest: ${refused}`;
  const workflows = await workflowsOf(deps);
  const ok = reason === undefined;
  return {
    ok,
    ...(ok ? {} : { reason }),
    stages: done,
    series: [],
    ...report,
    workflows,
    timings,
  } as LoopSummary;
};

const workflowsOf = async ({ gateway, startedMs }: LoopDeps): Promise<LoopSummary['workflows']> => {
  const { data } = await gateway.get<{ data: WorkflowSummary[] }>('/workflows');
  return data
    .filter(({ startedAt }) => startedAt >= startedMs)
    .map(({ id, runId, type, status, ms, url }) => ({ id, runId, type, status, ms, url }));
};
