import type { Example } from '../document.ts';
import { atMs, configId, decisionId, outcomeId, presetParams, scope, series, version } from './names.ts';

const decision = {
  config_id: configId,
  params: presetParams,
  policy_version: 'lin_ts/1',
  preset_id: 'conservative',
  decision_id: decisionId,
  features_used: ['hmm_bull', 'hmm_bear', 'hmm_chop', 'vol'],
  features_missing: ['ret'],
  features_ignored: [],
  propensity: 0.62,
  applies_to: 'new_positions',
  trading_state: 'ACTIVE',
  proposed_preset_id: 'conservative',
  reason: 'drawn',
};

export const param: Example = {
  params: scope,
  query: { 'features[name]': '0.011', position_id: 'p-17' },
  answer: decision,
};

export const paramByBody: Example = {
  params: scope,
  body: { features: { vol: 0.011, ret: 0.0004 }, position_id: 'p-17' },
  answer: decision,
};

export const closePosition: Example = {
  params: { position_id: 'p-17' },
  body: { strategy: scope.strategy, instrument: scope.instrument },
  answer: { ok: true },
};

export const voidDecision: Example = {
  params: { decision_id: decisionId },
  body: { reason: 'the order was never filled' },
  answer: { ok: true },
};

export const outcome: Example = {
  params: { ...scope, preset_id: 'conservative' },
  body: { reward: 12.5, config_id: configId, outcome_id: outcomeId },
  answer: { ok: true, duplicate: false },
};

export const reverse: Example = {
  params: { outcome_id: outcomeId },
  body: { reason: 'the exchange busted the trade' },
  answer: { ok: true, duplicate: false },
};

const probabilities = { BULL: 0.71, CHOP_1: 0.18, CHOP_2: 0.08, BEAR: 0.03 };

export const predict: Example = {
  body: { symbol: 'BTC/USDT' },
  answer: {
    regime_proba: probabilities,
    probs: probabilities,
    regime: 'BULL',
    confidence: 0.71,
    forecast: { BULL: 0.68, CHOP_1: 0.2, CHOP_2: 0.09, BEAR: 0.03 },
    model_meta: {
      version_id: version,
      series,
      n_states: 4,
      as_of_ms: atMs,
      trained_to_ms: atMs - 60_000,
      features_used: ['logret', 'rvol', 'range', 'volz'],
      features_marginalised: [],
      features_ignored: [],
    },
  },
};

export const register: Example = {
  params: scope,
  body: { preset_id: 'bold', params: { ...presetParams, risk_bps: 25 } },
  answer: { ok: true },
};

export const presets: Example = {
  params: scope,
  answer: {
    data: [
      {
        preset_id: 'conservative',
        params: presetParams,
        source: 'schema',
        outcomes: 31,
        mean_reward: 0.31,
        created_at: atMs,
      },
    ],
  },
};

export const retire: Example = {
  body: { ...scope, preset_id: 'bold', reason: 'surely worse by 30 days of decisions' },
  answer: { ok: true },
};

export const pin: Example = {
  body: { ...scope, preset_id: 'conservative', reason: 'a quiet weekend' },
  answer: { ok: true },
};

export const strategies: Example = {
  answer: { data: [{ ...scope, outcomes: 31, pinned_preset: null }] },
};

export const overview: Example = {
  params: scope,
  answer: {
    data: {
      ...scope,
      policy_version: 'lin_ts/1',
      pinned_preset: null,
      served: null,
      decisions_shared: 31,
      presets: [
        {
          preset_id: 'conservative',
          mean: 0.06,
          low: -1.69,
          high: 1.81,
          outcomes: 31,
          reward: 9.7,
          share: 0.62,
        },
      ],
    },
  },
};

const features = { hmm_bull: 0.71, hmm_bear: 0.03, hmm_chop: 0.26, vol: 0.011 };

const decisionRow = {
  seq: 31,
  decision_id: decisionId,
  ...scope,
  preset_id: 'conservative',
  params: presetParams,
  proposed_preset_id: 'conservative',
  state: 'rewarded',
  reason: 'drawn',
  forced_by: null,
  trading_state: 'ACTIVE',
  epsilon: 0,
  odds: { conservative: 0.62, balanced: 0.38 },
  propensities: { conservative: 0.62, balanced: 0.38 },
  propensity: 0.62,
  features,
  features_missing: ['ret'],
  features_ignored: [],
  seed: 42,
  learned_count: 30,
  model_version: version,
  position_id: null,
  repeats: null,
  created_at: atMs,
  reward_sum: 12.5,
  outcome_count: 1,
  policy_version: 'lin_ts/1',
};

const outcomeRow = {
  seq: 31,
  ...scope,
  preset_id: 'conservative',
  decision_id: decisionId,
  outcome_id: outcomeId,
  attribution: 'decision',
  reverses: null,
  raw_reward: 12.5,
  reward_unit: 'quote',
  reward_scale: 18.5,
  reward: 0.67,
  features,
  learned: true,
  learned_seq: 31,
  created_at: atMs,
};

const page = { nextCursor: '31', limit: 1 };

export const decisions: Example = {
  query: { limit: 1, strategy: scope.strategy, instrument: scope.instrument },
  answer: { data: [decisionRow], page },
};

export const outcomes: Example = {
  query: { limit: 1, strategy: scope.strategy, instrument: scope.instrument },
  answer: { data: [outcomeRow], page },
};

export const oneDecision: Example = {
  params: { decision_id: decisionId },
  answer: { ...decisionRow, policy: { algorithm: 'lin_ts', epsilon: 0 }, outcomes: [outcomeRow] },
};
