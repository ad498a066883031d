import type { Example } from '../document.ts';
import { atMs, predecessor, series, trainingState, version } from './names.ts';

export const health: Example = {
  answer: {
    status: 'ok',
    series: [series],
    model: { version_id: version, loaded_at_ms: atMs, problem: null },
    training: trainingState,
    problems: [],
    strategy_schemas: { problem: null },
  },
};

export const ready: Example = { answer: { status: 'ready', temporal: true } };

export const ingest: Example = {
  query: { until: 'now', wait: 'true' },
  answer: {
    downloaded: 48,
    series: [{ series, downloaded: 48, watermark: atMs, gaps: [] }],
    workflow_ids: ['ingest:binance:BTC-USDT:1m'],
  },
  accepted: { downloaded: 0, series: [], workflow_ids: ['ingest:binance:BTC-USDT:1m'] },
};

const better = 'surely better on 1440 later candles';

export const train: Example = {
  query: { wait: 'true' },
  body: { tag: 'nightly', promote: true },
  answer: {
    version_id: version,
    metric_name: 'val_log_likelihood',
    metric_value: 7.31,
    promoted: true,
    message: 'promoted',
    metadata: {
      ...{ claimed_files: 6, n_obs: 20_480, n_states: 4, parent_version: predecessor },
      series: [{ series, outcome: 'pass', reason: better }],
    },
    workflow_id: 'retrain:regimes',
  },
  accepted: { workflow_id: 'retrain:regimes' },
};

const promotion = {
  fence: 12,
  versionId: version,
  kind: 'promote',
  previousVersionId: predecessor,
  actor: 'key:1f2e3d4c',
  reason: 'asked for by key:1f2e3d4c',
};

const record = { ...promotion, atMs };

export const promote: Example = { body: { version_id: version }, answer: record };
export const rollback: Example = {
  body: { to: predecessor, expected_champion: version },
  answer: { ...record, kind: 'rollback', versionId: predecessor, previousVersionId: version },
};

const metrics = { val_log_likelihood: 7.31 };

const row = {
  version_id: version,
  created_at: atMs,
  metrics,
  active: true,
  parent_version_id: predecessor,
  n_states: 4,
  n_obs: 20_480,
  series: [series],
  tag: 'nightly',
  gates: { [series]: 'pass' },
  pruned_at: null,
  awaiting_approval: false,
  rolled_back_at: null,
};

export const model: Example = {
  answer: {
    active_version: version,
    registry_size: 5,
    metrics,
    champion: { ...promotion, requestId: 'retrain:12', createdAt: atMs, linkedAt: atMs },
    predecessor,
    training: trainingState,
    problem: null,
  },
};

export const models: Example = {
  query: { limit: 1 },
  answer: { data: [row], page: { nextCursor: '5', limit: 1 } },
};

const gate = {
  decision: 'pass',
  reason: better,
  checks: [{ name: 'smallest share of a state', pass: true, value: 0.08, limit: 0.01 }],
  paired: {
    ...{ n: 1_440, difference: 0.012, lower: 0.004, upper: 0.02 },
    ...{ alpha: 0.03, look: 1, candidate: 7.31, champion: 7.298 },
  },
};

const gain = { mean: 0.41, lower: 0.37, upper: 0.45, standardError: 0.02, blockLength: 11.3 };

const judgement = {
  candles: 1_440,
  model: { joint: 7.31, margin: 5.02 },
  rivals: { oneState: { joint: 6.9, margin: 4.71, gain: { joint: gain, margin: gain } } },
  regimeEvidence: { joint: true, returns: true },
  calibration: { ksDistance: 0.02, histogram: [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1] },
};

const quality = {
  lookAhead: { meanDistance: 0.08, disagreement: 0.06 },
  occupancy: { filtered: [0.4, 0.6], stationary: [0.41, 0.59] },
  dwell: { expected: [10, 5], realised: [11.2, null] },
  switchesPerThousand: 41,
  separation: { hellinger: 0.38, entropy: 0.21 },
};

export const oneVersion: Example = {
  params: { version },
  answer: {
    ...row,
    gate: { [series]: gate },
    model_hash: 'f83716c0b4956bce4038e9c064d95193a261b4ff79686583ea12a1c1c234455d',
    metadata: {
      ...{ version_id: version, n_obs: 20_480, train_seed: 42, claimed_files: 6 },
      evaluation: { [series]: { judgement, quality } },
      warnings: { [series]: [] },
    },
  },
};

export const transitions: Example = {
  params: { version },
  answer: {
    version_id: version,
    series: {
      [series]: {
        regimes: ['BEAR', 'BULL'],
        matrix: [
          [0.9, 0.1],
          [0.2, 0.8],
        ],
        expected_candles: [10, 5],
      },
    },
  },
};

export const promotions: Example = {
  query: { limit: 1 },
  answer: {
    data: [
      {
        fence: 12,
        version_id: version,
        kind: 'promote',
        previous_version_id: predecessor,
        actor: 'retrain',
        reason: 'every gate passed',
        created_at: atMs,
      },
    ],
  },
};

export const workflows: Example = {
  answer: {
    data: [
      {
        id: 'retrain:regimes',
        runId: '01961b2c-7d1e-7a55-9c0e-2f8d8f1b9a10',
        type: 'retrain',
        status: 'COMPLETED',
        routine: false,
        startedAt: atMs,
        ms: 41_000,
        stage: 'archive',
        attempts: 1,
        progress: [],
        url: null,
      },
    ],
  },
};

export const schedules: Example = {
  answer: { data: [{ id: 'schedule-retrain:regimes', paused: false, nextMs: atMs + 21_600_000 }] },
};

export const events: Example = {
  answer: `event: watermarks\ndata: {"atMs":${atMs},"value":[{"series":"${series}","value":${atMs}}]}\n\n`,
};

export const metricsPage: Example = {
  answer: '# HELP autotrain_files files of the ledger by status\n# TYPE autotrain_files gauge\n',
};

export const openApi: Example = {
  answer: { openapi: '3.1.0', info: { title: 'Autotrain gateway', version: '1' }, paths: {} },
};

export const page: Example = { answer: '<!doctype html>' };

export const codec: Example = {
  body: { payloads: [{ metadata: { encoding: 'YmluYXJ5L2VuY3J5cHRlZA==' }, data: 'AAEC' }] },
  answer: { payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'e30=' }] },
};
