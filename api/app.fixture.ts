import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GatewayConfig, loadConfig } from '../config.ts';
import type { CandleColumns } from '../features/candle-features.ts';
import type { HmmParameters } from '../hmm/model.ts';
import type { VersionRow } from '../ledger/version-rows.ts';
import { pointCurrentAt } from '../registry/current.ts';
import type { ModelFile, SeriesModel } from '../registry/model-file.ts';
import { type StoredVersion, writeVersionDir } from '../registry/store.ts';
import type { Series } from '../series.ts';
import { type AppDeps, createApp } from './app.ts';
import { ApiError } from './errors.ts';
import type { Live } from './live.ts';
import { createLoopState } from './loop-state.ts';
import { createMetrics } from './metrics.ts';
import type { Models, Snapshot } from './models.ts';
import type { ControllerPort, GatewaySettings, LedgerReader, Logger } from './ports.ts';
import type { TrainAnswer, Training } from './training.ts';

export const quiet: Logger = { info: () => {}, warn: () => {}, error: () => {} };

const hourly = (symbol: string): Series => ({ exchange: 'binance', symbol, timeframe: '1h' });

export const settings: GatewaySettings = {
  series: [hourly('BTC/USDT'), hourly('ETH/USDT')],
  temporal: { uiUrl: undefined },
  simulator: { seed: 1, replayDir: undefined, untilMs: undefined, paperEngine: false },
  paths: loadConfig({ DATA_DIR: tmpdir(), MODELS_DIR: tmpdir() }).paths,
  health: {
    staleCandles: 5,
    emptyRuns: 3,
    diskFreeBytes: 0,
    clockSkewMs: 5_000,
    routineMs: { audit: 172_800_000, janitor: 3_600_000, snapshot: 172_800_000 },
  },
  rollback: { maxDrop: 0.02, cooldownMs: 1_000 },
  trainingKill: { maxDrop: 0.2, maxDrawdown: 0.25 },
  gateway: {
    host: '127.0.0.1',
    port: 0,
    compatPorts: [],
    requireAuth: false,
    allowInsecure: false,
    jwtAlgorithm: 'HS256',
    jwtSecret: undefined,
    jwtPublicKey: undefined,
    jwtAudience: undefined,
    apiKeys: [],
  },
};

/** The same with other gateway settings. */
export const settingsWith = (gateway: Partial<GatewayConfig>): GatewaySettings => ({
  ...settings,
  gateway: { ...settings.gateway, ...gateway },
});

export const btc = 'binance:BTC/USDT:1h';
export const hourMs = 3_600_000;

/** K states along the mean of every feature; any K gives another model. */
const hmmOf = (nStates: number): HmmParameters => {
  const states = Array.from({ length: nStates }, (_, k) => k);
  return {
    covarianceType: 'diag',
    startProbability: states.map(() => 1 / nStates),
    transitionMatrix: states.map((j) => states.map((k) => (j === k ? 0.9 : 0.1 / (nStates - 1)))),
    means: states.map((k) => [k - (nStates - 1) / 2, k * 0.1, -k * 0.2, 0.05 * k]),
    covariances: states.map((k) => [1 + k, 1, 2, 1.5]),
  };
};

export const regimesOf = (nStates: number): string[] =>
  Array.from({ length: nStates }, (_, k) => {
    if (k === 0) return 'BEAR';
    if (k === nStates - 1) return 'BULL';
    return nStates === 3 ? 'CHOP' : `CHOP_${k}`;
  });

export const seriesModelOf = (nStates: number): SeriesModel => {
  const scaler = { mean: [0, -5, -5, 0], scale: [0.01, 1, 1, 1] };
  const trainedRange = { fromMs: 0, toMs: 999 * hourMs };
  const hmm = hmmOf(nStates);
  const judged = {
    hmm,
    scaler,
    trainedRange,
    heldOut: { fromMs: 800 * hourMs, toMs: 999 * hourMs, candles: 200 },
  };
  return { hmm, scaler, regimes: regimesOf(nStates), trainedRange, judged };
};

export const modelOf = (nStates: number): ModelFile => ({
  schema: 'autotrain-model/1',
  featureSet: 'candles-4/1',
  series: { [btc]: seriesModelOf(nStates) },
});

/** A wave of prices, no two candles alike. */
export const candlesOf = (count: number): CandleColumns => {
  const column = (at: (i: number) => number) => Float64Array.from({ length: count }, (_, i) => at(i));
  const price = (i: number) => 100 + 10 * Math.sin(i / 20) + Math.sin(i * 1.7);
  return {
    openTimeMs: column((i) => i * hourMs),
    open: column((i) => price(i - 1)),
    high: column((i) => Math.max(price(i), price(i - 1)) + 0.3),
    low: column((i) => Math.min(price(i), price(i - 1)) - 0.2),
    close: column(price),
    volume: column((i) => 50 + 20 * Math.cos(i / 7)),
  };
};

export const snapshotOf = (versionId: string, model: ModelFile): Snapshot => ({
  versionId,
  model,
  metadata: {},
  modelHash: 'hash',
  loadedAtMs: 0,
});

export const fixedModels = (snapshot: Snapshot | undefined): Models => ({
  snapshot: () => snapshot,
  problem: () => undefined,
  reload: () => {},
  stop: () => {},
});

const versionRowOf = (versionId: string, seq: number): VersionRow => ({
  seq,
  versionId,
  claimId: seq,
  dir: `registry/${versionId}`,
  parentVersionId: null,
  metricName: 'val_log_likelihood',
  metricValue: 1.5,
  modelHash: 'hash',
  dataHash: 'hash',
  nStates: 4,
  nObs: 1000,
  tag: null,
  series: [btc],
  gate: {},
  claimedFiles: 1,
  createdAt: 1_700_000_000_000 + seq,
  prunedAt: null,
});

const openGap = {
  ...{ series: btc, fromMs: 0, toMs: hourMs, missing: 2, foundAt: 5, state: 'open' as const },
  ...{ attempts: 1, answers: 1, lastTriedAt: 6, nextRetryAt: 7, filledAt: null },
};

/** Rows newest first. */
const ledgerOf = (rows: readonly VersionRow[] = []): LedgerReader => ({
  watermark: () => 1000 * hourMs,
  watermarks: () => [{ series: btc, value: 1000 * hourMs, updatedAt: 5 }],
  newestGaps: () => [openGap],
  gapTotals: () => [{ series: btc, gaps: 1, missing: openGap.missing }],
  corrections: () => [
    { fileId: 'hash', series: btc, openTimeMs: hourMs, change: 'removed', before: '1,2,1,1.5,10' },
  ],
  fileCounts: () => ({ downloaded: 1, processing: 0, processed: 2, deleted: 0, quarantined: 0 }),
  fileCountHistory: () => [],
  files: () => [],
  bars: () => 1000,
  version: (id) => rows.find(({ versionId }) => versionId === id),
  versions: ({ limit, before = Infinity }) => rows.filter(({ seq }) => seq < before).slice(0, limit),
  versionCount: () => rows.length,
  champion: () => undefined,
  predecessor: () => undefined,
  promotions: () => [],
  rolledBack: () => new Map(),
  promotionCounts: () => ({ promote: 2, rollback: 1, adopt: 0, restore: 0 }),
  reading: () => undefined,
  claimAttempts: () => ({ newest: undefined, emptyInARow: 0 }),
  madeAt: () => 0,
  trainingKill: () => undefined,
  killedFor: () => false,
  conditions: () => [],
  alerts: () => [],
  alertsSince: () => [],
  alertCounts: () => ({ waiting: 0, givenUp: 0 }),
});

const trained: TrainAnswer = {
  version_id: 'v2',
  metric_name: 'val_log_likelihood',
  metric_value: 1.5,
  promoted: true,
  message: 'promoted',
  metadata: { claimed_files: 1, n_obs: 1000, n_states: 4, parent_version: null, series: [] },
  workflow_id: 'retrain:regimes',
};

/** Remembers what it was asked; answers like the real ones. */
export const recordingTraining = () => {
  const asked: { readonly name: string; readonly request: unknown }[] = [];
  const record =
    <T>(name: string, answer: T) =>
    async (request?: unknown): Promise<T> => {
      asked.push({ name, request });
      return answer;
    };
  const training: Training = {
    ingestOnce: record('ingestOnce', { downloaded: 3, series: [], workflow_ids: ['ingest:x'] }),
    train: async (request) => {
      asked.push({ name: 'train', request });
      return request.wait ? trained : { workflow_id: trained.workflow_id };
    },
    decide: record('decide', {
      ...{ versionId: 'v1', previousVersionId: null, kind: 'promote', fence: 3 },
      ...{ actor: 'anonymous', reason: 'asked for by anonymous', atMs: 1_700_000_000_000 },
    }),
    awaitingApproval: record('awaitingApproval', undefined),
    holdRetrain: record('holdRetrain', undefined),
    workflows: record('workflows', []),
    schedules: record('schedules', []),
    actOnSchedule: record('actOnSchedule', { id: 'schedule-retrain:regimes', paused: true, note: 'a test' }),
    healthy: async () => true,
  };
  return { training, asked };
};

/** One arm per scope; the bandit itself is tested in controller/. */
const recordingController = () => {
  const asked: { readonly name: string; readonly request: unknown }[] = [];
  const recorded =
    <T>(name: string, answer: T) =>
    (request?: unknown): T => {
      asked.push({ name, request });
      return answer;
    };
  const others = {
    retire: recorded('retire', undefined),
    pin: recorded('pin', undefined),
    voidDecision: recorded('voidDecision', undefined),
    reverse: recorded('reverse', { duplicate: false }),
    closePosition: recorded('closePosition', undefined),
    reportEquity: recorded('reportEquity', {} as never),
    kill: recorded('kill', {} as never),
    resume: recorded('resume', {} as never),
    unlock: recorded('unlock', {} as never),
    openWindow: recorded('openWindow', {} as never),
    standing: recorded('standing', { trading_states: [], locks: [], equities: [], evaluation_windows: [] }),
    audit: recorded('audit', []),
    evaluation: recorded('evaluation', {} as never),
    decision: recorded('decision', {} as never),
  };
  const controller: ControllerPort = {
    register: (request) => void asked.push({ name: 'register', request }),
    decide: (request) => {
      asked.push({ name: 'decide', request });
      if (request.strategy === 'unknown') throw new ApiError(404, 'NoPresets', 'no presets registered');
      const { strategy, instrument } = request;
      return {
        config_id: `${strategy}:${instrument}:7:calm`,
        params: { threshold: 0.6 },
        policy_version: 'lin-ts/1',
        preset_id: 'calm',
        decision_id: '7',
        features_used: Object.keys(request.features),
        features_missing: [],
        features_ignored: [],
        propensity: 1,
        applies_to: 'new_positions',
        trading_state: 'ACTIVE',
        proposed_preset_id: 'calm',
        reason: 'only_preset',
      };
    },
    learn: (request) => {
      asked.push({ name: 'learn', request });
      return { duplicate: false };
    },
    presets: () => [],
    scopes: () => [],
    overview: () => null,
    decisions: () => [],
    outcomes: () => [],
    ...others,
  };
  return { controller, asked };
};

const loaded = (nStates: number): StoredVersion => ({
  model: modelOf(nStates),
  metadata: { n_obs: 5 },
  modelHash: 'hash',
});

/** Nothing changes. */
const stillLive: Live = {
  newest: () => [],
  onChange: () => () => {},
  onStop: () => () => {},
  stop: () => {},
};

/** The real one is tested with a ledger of its own (tests/training-that-goes-on-when-killed.test.ts). */
const noSwitch: AppDeps['trainingSwitch'] = {
  kill: () => {
    throw new ApiError(500, 'Unexpected', 'no switch');
  },
  resume: () => {
    throw new ApiError(500, 'Unexpected', 'no switch');
  },
};

/** An app over fakes, each of which a test may replace. */
export const appWith = (overrides: Partial<AppDeps> = {}) => {
  const training = recordingTraining();
  const controller = recordingController();
  const ledger = overrides.ledger ?? ledgerOf([versionRowOf('v2', 2), versionRowOf('v1', 1)]);
  const deps: AppDeps = {
    settings,
    ledger,
    loop: createLoopState({ ledger, settings: overrides.settings ?? settings }),
    trainingSwitch: noSwitch,
    models: fixedModels(snapshotOf('v1', modelOf(4))),
    readVersion: () => loaded(4),
    newestCandles: (_, count) => candlesOf(count),
    controller: controller.controller,
    training: training.training,
    live: stillLive,
    metrics: createMetrics(),
    log: quiet,
    ...overrides,
  };
  return { app: createApp(deps), deps, training: training.asked, controller: controller.asked };
};

export const postJson = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
});

/** A name for a version of K states. */
export const versionIdOfStates = (nStates: number): string =>
  `20240101T000000Z__hmm${nStates}__0000000${nStates}`;

/** A registry of its own, with versions of the numbers of states asked for; `remove` when done. */
export const temporaryRegistry = (...nStates: number[]) => {
  const modelsDir = mkdtempSync(join(tmpdir(), 'autotrain-models-'));
  for (const K of nStates)
    writeVersionDir({ modelsDir, versionId: versionIdOfStates(K), model: modelOf(K), metadata: {} });
  let fence = 0;
  return {
    modelsDir,
    point: (K: number) => {
      fence += 1;
      pointCurrentAt(modelsDir, versionIdOfStates(K), fence);
    },
    remove: () => rmSync(modelsDir, { recursive: true, force: true }),
  };
};
