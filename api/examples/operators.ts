import type { Example } from '../document.ts';
import { atMs, scope, trainingState, version } from './names.ts';

const equity = {
  target: '*',
  equity: 10_400,
  peak: 10_500,
  drawdown: 0.0095,
  currency: 'USDT',
  peak_at: atMs - 86_400_000,
  updated_at: atMs,
  forgiven: [{ target: scope.strategy, peak: 10_420, drawdown: 0.0019 }],
};

export const kill: Example = {
  body: { strategy: scope.strategy, state: 'HALTED', reason: 'prices look wrong' },
  answer: {
    target: scope.strategy,
    trading_state: 'HALTED',
    since: atMs,
    reason: 'prices look wrong',
  },
};

export const resume: Example = {
  body: { strategy: scope.strategy, reason: 'the feed is back' },
  answer: { target: scope.strategy, trading_state: 'ACTIVE', since: atMs, reason: 'the feed is back' },
};

export const unlock: Example = {
  body: { lock_id: 1, reason: 'the exchange was in maintenance' },
  answer: { lock_id: 1, target: 'momentum_breakout:BTCUSDT', protection: 'stale_market' },
};

export const reportEquity: Example = { body: { equity: 10_400, currency: 'USDT' }, answer: equity };

export const guardrails: Example = {
  answer: {
    trading_states: [
      {
        target: scope.strategy,
        state: 'HALTED',
        reason: 'prices look wrong',
        actor: 'key:1f2e3d4c',
        since: atMs,
      },
    ],
    locks: [
      {
        id: 1,
        target: 'momentum_breakout:BTCUSDT',
        protection: 'stale_market',
        reason: 'the newest candle closed 42 min ago, 10 candles are allowed',
        actor: 'protection:stale_market',
        createdAt: atMs,
        until: null,
        liftedAt: null,
        liftedBy: null,
      },
    ],
    equities: [equity],
    evaluation_windows: [],
    training: trainingState,
  },
};

export const audit: Example = {
  query: { limit: 1 },
  answer: {
    data: [
      {
        seq: 9,
        at: atMs,
        actor: 'key:1f2e3d4c',
        action: 'retire',
        target: 'momentum_breakout:BTCUSDT',
        reason: 'surely worse by 30 days of decisions',
        until: null,
        detail: { presetId: 'bold' },
      },
    ],
    page: { nextCursor: '9', limit: 1 },
  },
};

const worth = { value: 0.34, standardError: 0.1, low: 0.14, high: 0.54 };
const presetWorth = (effectiveSampleSize: number, decisions: number) => ({
  ...{ ips: worth, snips: worth, dm: worth, dr: worth },
  ...{ effectiveSampleSize, decisions },
});

export const evaluation: Example = {
  query: { ...scope, days: 30 },
  answer: {
    ...scope,
    from: atMs - 30 * 86_400_000,
    to: atMs,
    days: 30,
    decisions: 210,
    left_out: { forced: 12, unrewarded: 1_480, no_support: 640 },
    ...{ epsilon: 0.1, logged: 0.21, champion: 'conservative' },
    presets: { conservative: presetWorth(96.4, 210), fast: null },
    halves: [
      {
        ...{ from: atMs - 30 * 86_400_000, to: atMs - 15 * 86_400_000, decisions: 110 },
        ...{ champion: 'conservative', presets: { conservative: presetWorth(50.9, 110), fast: null } },
      },
      {
        ...{ from: atMs - 15 * 86_400_000, to: atMs, decisions: 100 },
        ...{ champion: null, presets: { conservative: presetWorth(45.5, 100), fast: null } },
      },
    ],
    prunable: [],
  },
};

export const openWindow: Example = {
  params: scope,
  body: { epsilon: 0.1, hours: 168, reason: 'bold has too few decisions to be judged' },
  answer: { ...scope, epsilon: 0.1, from: atMs, until: atMs + 168 * 3_600_000 },
};

export const actOnSchedule: Example = {
  params: { id: 'schedule-retrain:regimes', action: 'pause' },
  body: { reason: 'the exchange is in maintenance' },
  answer: { id: 'schedule-retrain:regimes', paused: true, note: 'the exchange is in maintenance' },
};

export const alerts: Example = {
  query: { limit: 1 },
  answer: {
    data: [
      {
        seq: 1,
        alertId: '81d08b1d-b403-46a9-8347-fea3edd810e0',
        kind: 'promotion',
        severity: 'info',
        status: 'event',
        subject: version,
        message: `${version} serves (promote by retrain): every gate passed`,
        detail: { version, kind: 'promote' },
        count: 1,
        ...{ workflowId: 'promote:regimes', runId: '01961b2c-7d1e-7a55-9c0e-2f8d8f1b9a10' },
        ...{ createdAt: atMs, attempts: 0, nextAttemptAt: atMs, lastError: null },
        ...{ settledAt: atMs + 800, outcome: 'delivered' },
      },
    ],
    page: { nextCursor: null, limit: 1 },
  },
};
