/** Names that the examples of the document share, so that they read as one story. */
export const series = 'binance:BTC/USDT:1m';
export const version = '20260105T060000Z__hmm4__0a1b2c3d';
export const predecessor = '20260105T000000Z__hmm4__9f8e7d6c';
export const scope = { strategy: 'momentum_breakout', instrument: 'BTCUSDT' };
export const decisionId = '01a2150fbe5bfd0bc1fbe9fb517f';
export const configId = `momentum_breakout:BTCUSDT:${decisionId}:conservative`;
export const outcomeId = 'fill-4711';
/** 2026-01-05T06:00:00Z */
export const atMs = 1_767_592_800_000;
export const presetParams = { lookback_candles: 96, breakout_atr: 0.5, risk_bps: 10, side: 'both' };
export const trainingState = {
  state: 'ACTIVE',
  since_ms: null,
  actor: null,
  reason: null,
  pinned_version: null,
  promotions_held_until_ms: null,
};
