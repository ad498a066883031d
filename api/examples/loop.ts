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

export const train: Example = {
  query: { wait: 'true' },
  body: { tag: 'nightly', promote: true },
  answer: {
    version_id: version,
    metric_name: 'val_log_likelihood',
    metric_value: 7.31,
    promoted: true,
    message: 'promoted',
    metadata: { claimed_files: 6, n_obs: 20_480 },
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
  requestId: '3f0c2a0e-8d0b-4d37-9d54-6d1c1a8f1f6e',
  createdAt: atMs,
};

export const promote: Example = { body: { version_id: version }, answer: promotion };
export const rollback: Example = {
  body: { to: predecessor },
  answer: { ...promotion, kind: 'rollback', versionId: predecessor, previousVersionId: version },
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
};

export const model: Example = {
  answer: {
    active_version: version,
    registry_size: 5,
    metrics,
    champion: { ...promotion, linkedAt: atMs },
    training: trainingState,
    problem: null,
  },
};

export const models: Example = {
  query: { limit: 1 },
  answer: { data: [row], page: { nextCursor: '5', limit: 1 } },
};

export const oneVersion: Example = {
  params: { version },
  answer: {
    ...row,
    gate: { [series]: { passed: true } },
    model_hash: 'f83716c0b4956bce4038e9c064d95193a261b4ff79686583ea12a1c1c234455d',
    metadata: { n_obs: 20_480, train_seed: 42 },
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
