import { describe, expect, test } from 'vitest';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import type { StrategySchema } from '../strategy_schemas/schema.ts';
import { breakout, hmm, newPath, open, openWithPresets, refusal } from './controller.fixture.ts';

const schemas = loadStrategySchemas();
const schema = schemas.get('momentum_breakout') as StrategySchema;
const safe = schema.presets[schema.safe_default] as Record<string, unknown>;
const ids = (controller: ReturnType<typeof open>, scope = breakout) =>
  controller
    .presets(scope)
    .map(({ preset_id }) => preset_id)
    .sort();

describe('a strategy with a schema', () => {
  test('lists its safe presets before it is used, and reading stores nothing', () => {
    const controller = open();
    expect(ids(controller)).toEqual(['balanced', 'conservative', 'fast']);
    expect(controller.summary().scopes).toBe(0);
  });

  test('serves from them at once, within bounds', () => {
    const controller = open();
    const answer = controller.decide({ ...breakout, features: {} });
    expect(answer.params).toEqual(schema.presets[answer.preset_id]);
    expect(controller.summary()).toMatchObject({ presets: 3, decisions: 1 });
  });

  test('has them beside what is registered, whichever came first', () => {
    const controller = open();
    controller.register({ ...breakout, presetId: 'mine', params: { ...safe, stop_atr: 3 } });
    expect(ids(controller)).toEqual(['balanced', 'conservative', 'fast', 'mine']);
  });

  test('refuses parameters out of bounds, every field listed with its bounds, and stores nothing', () => {
    const controller = open();
    const params = { ...safe, stop_atr: 99, risk_bps: 0, lookback_candles: Number.NaN, side: 'up' };
    refusal(() => controller.register({ ...breakout, presetId: 'wild', params }), 'InvalidPreset');
    const wrong = refusal(
      () =>
        controller.register({ ...breakout, presetId: 'wild', params: { ...params, lookback_candles: 1 } }),
      'OutOfBounds',
    );
    expect(wrong.violations.map(({ field }) => field).sort()).toEqual([
      'lookback_candles',
      'risk_bps',
      'side',
      'stop_atr',
    ]);
    expect(wrong.violations.find(({ field }) => field === 'stop_atr')).toMatchObject({
      min: 0.5,
      max: 6,
      value: 99,
    });
    expect(wrong.message).toContain('stop_atr must be a number from 0.5 to 6, not 99');
    expect(controller.summary().scopes).toBe(0);
  });

  test('never serves others under the id of its safe default: they are refused, the same ones are not', () => {
    const controller = open();
    const params = { ...safe, risk_bps: 100 };
    const wrong = refusal(
      () => controller.register({ ...breakout, presetId: 'conservative', params }),
      'Conflict',
    );
    expect(wrong.message).toContain('another preset id');
    controller.register({ ...breakout, presetId: 'conservative', params: { ...safe } });
    controller.kill({ actor: 'ann', reason: 'a test', state: 'HALTED' });
    expect(controller.decide({ ...breakout, features: {} })).toMatchObject({ reason: 'kill', params: safe });
  });

  test('keeps what someone registered under the id of another safe preset', () => {
    const controller = open();
    controller.register({ ...breakout, presetId: 'fast', params: { ...safe, stop_atr: 3 } });
    controller.decide({ ...breakout, features: {} });
    expect(controller.presets(breakout).find(({ preset_id }) => preset_id === 'fast')).toMatchObject({
      source: 'registered',
      params: { stop_atr: 3 },
    });
  });

  test('starts with the safe default alone where MAX_PRESETS is 1', () => {
    expect(open({ maxPresets: 1 }).decide({ ...breakout, features: {} }).preset_id).toBe('conservative');
  });
});

describe('a changed schema', () => {
  const changed = (edit: Partial<StrategySchema>) => new Map([[schema.strategy, { ...schema, ...edit }]]);

  test('bumps the policy version and learns what it knew again in the new order of features', () => {
    const path = newPath();
    const before = open({ path });
    for (let i = 0; i < 30; i++) {
      const { decision_id: decisionId, preset_id: presetId } = before.decide({
        ...breakout,
        features: { ret: i / 1e3 },
      });
      before.learn({ ...breakout, presetId, decisionId, reward: i - 15 });
    }
    before.close();
    const after = open({ path, schemas: changed({ features: [...schema.features].reverse(), version: 2 }) });
    expect(after.decide({ ...breakout, features: {} }).policy_version).toBe('lin_ts/2');
    expect(after.verify(breakout)).toBeLessThan(1e-9);
    expect(after.presets(breakout).reduce((sum, { outcomes }) => sum + outcomes, 0)).toBe(30);
  });

  test('replaces the safe presets whose parameters it changed', () => {
    const path = newPath();
    open({ path }).decide({ ...breakout, features: {} });
    const fast = { ...schema.presets['fast'], stop_atr: 4 };
    const after = open({ path, schemas: changed({ presets: { ...schema.presets, fast } }) });
    after.decide({ ...breakout, features: {} });
    expect(after.presets(breakout).find(({ preset_id }) => preset_id === 'fast')?.params).toMatchObject({
      stop_atr: 4,
    });
  });

  /** The safe default is another preset of this schema, or none: its id is free for anybody's parameters. */
  const otherDefault = changed({ safe_default: 'balanced' });
  const kill = { actor: 'ann', reason: 'a test', state: 'HALTED' } as const;

  test('has its own safe default again where the store has other parameters under that id', () => {
    const path = newPath();
    const before = open({ path, schemas: otherDefault });
    before.register({ ...breakout, presetId: 'conservative', params: { ...safe, risk_bps: 100 } });
    before.kill(kill);
    before.close();
    const after = open({ path });
    expect(after.decide({ ...breakout, features: {} })).toMatchObject({ reason: 'kill', params: safe });
    expect(after.audit({ limit: 5 }).filter(({ action }) => action === 'reinstate')).toEqual([
      expect.objectContaining({ actor: 'strategy_schemas', target: 'momentum_breakout:BTCUSDT' }),
    ]);
  });

  test('serves its safe default, not the lowest id, when its bounds became too narrow for what is registered', () => {
    const path = newPath();
    const before = open({ path, schemas: otherDefault });
    for (const presetId of ['conservative', 'aaa'])
      before.register({ ...breakout, presetId, params: { ...safe, risk_bps: 90, stop_atr: 3 } });
    before.close();
    const risk_bps = { ...schema.params['risk_bps']!, max: 80 } as StrategySchema['params'][string];
    const after = open({ path, schemas: changed({ params: { ...schema.params, risk_bps } }) });
    after.kill(kill);
    expect(after.decide({ ...breakout, features: {} })).toMatchObject({
      preset_id: 'conservative',
      params: safe,
    });
  });

  test('has its safe default beside as many presets as MAX_PRESETS allows', () => {
    const path = newPath();
    const before = open({ path, schemas: new Map(), maxPresets: 2 });
    for (const presetId of ['aaa', 'zzz']) before.register({ ...breakout, presetId, params: { ...safe } });
    before.close();
    const after = open({ path, maxPresets: 2 });
    after.kill(kill);
    expect(after.decide({ ...breakout, features: {} })).toMatchObject({ preset_id: 'conservative' });
  });

  test('refuses a decision that lacks a required feature', () => {
    const features = schema.features.map((one) => (one.name === 'vol' ? { ...one, required: true } : one));
    const controller = open({ schemas: changed({ features }) });
    expect(
      refusal(() => controller.decide({ ...breakout, features: {} }), 'InvalidFeatures').message,
    ).toContain('vol');
    expect(controller.decide({ ...breakout, features: { vol: 0.01 } }).features_used).toEqual(['vol']);
  });
});

describe('registering', () => {
  test('parameters that a preset had before brings them back with what they earned', () => {
    const path = newPath();
    const controller = openWithPresets({ path });
    const earned = () => controller.presets(hmm).find(({ preset_id }) => preset_id === 'calm')?.outcomes;
    const register = (threshold: number) =>
      controller.register({ ...hmm, presetId: 'calm', params: { threshold } });
    for (const reward of [1, 2, -1]) controller.learn({ ...hmm, presetId: 'calm', reward });
    register(0.1);
    expect(earned()).toBe(0);
    controller.learn({ ...hmm, presetId: 'calm', reward: 1 });
    register(0.6);
    expect(earned()).toBe(3);
    register(0.1);
    expect(earned()).toBe(1);
    expect(controller.verify(hmm)).toBeLessThan(1e-9);
    expect(controller.summary().presets).toBe(2);
  });

  test('more than MAX_PRESETS is refused; the same ones again are not', () => {
    const controller = openWithPresets({ maxPresets: 2 });
    refusal(() => controller.register({ ...hmm, presetId: 'third', params: { a: 1 } }), 'TooManyPresets');
    controller.register({ ...hmm, presetId: 'calm', params: { threshold: 0.1 } });
    expect(ids(controller, hmm)).toEqual(['bold', 'calm']);
  });

  test.each([[Number.NaN], [[Number.POSITIVE_INFINITY]], [{ deep: Number.NaN }], [undefined], [() => 1]])(
    '%s as a parameter is refused',
    (value) => {
      const controller = open();
      refusal(() => controller.register({ ...hmm, presetId: 'calm', params: { value } }), 'InvalidPreset');
      expect(controller.summary().scopes).toBe(0);
    },
  );

  test('params that are no object, or too long, are refused', () => {
    const controller = open();
    for (const params of [[], null, 'x', { text: 'x'.repeat(20_000) }]) {
      refusal(
        () => controller.register({ ...hmm, presetId: 'calm', params: params as never }),
        'InvalidPreset',
      );
    }
  });
});
