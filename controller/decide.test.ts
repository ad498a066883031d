import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawArm } from '../bandit/propensity.ts';
import { seededUniform } from '../bandit/seeded-uniform.ts';
import { breakout, hmm, newPath, open, openWithPresets, refusal, testClock } from './controller.fixture.ts';

const features = { ret: 0.0004, vol: 0.011 };

describe('an answer', () => {
  test('has what the older engine reads, and the preset is what follows the last colon', () => {
    const answer = openWithPresets().decide({ ...hmm, features });
    expect(answer.config_id).toBe(`hmm:BTCUSDT:${answer.decision_id}:${answer.preset_id}`);
    expect(answer.config_id.split(':').at(-1)).toBe(answer.preset_id);
    expect(answer.params).toEqual({ threshold: answer.preset_id === 'calm' ? 0.6 : 0.9 });
    expect(answer).toMatchObject({
      policy_version: 'lin_ts/1',
      features_used: ['ret', 'vol'],
      features_missing: [],
      applies_to: 'new_positions',
      trading_state: 'ACTIVE',
    });
    expect(answer.propensity).toBeCloseTo(0.5, 12);
  });

  test('any spelling of strategy and instrument is the same scope', () => {
    const controller = openWithPresets();
    const spelt = controller.decide({ strategy: 'HMM', instrument: 'btc/usdt', features });
    expect(spelt.decision_id).toBe(controller.decide({ ...hmm, features }).decision_id);
  });

  test('without presets and schema nothing is served and nothing stored', () => {
    const controller = open();
    expect(refusal(() => controller.decide({ ...hmm, features }), 'NoPresets').message).toBe(
      'no presets registered',
    );
    expect(controller.summary()).toMatchObject({ scopes: 0, decisions: 0 });
  });

  test('the draw can be repeated from what is on record', () => {
    const controller = openWithPresets();
    for (let i = 0; i < 50; i++) controller.decide({ ...hmm, features: { ret: i } });
    const records = controller.decisions({ limit: 100 });
    for (const { propensities, seed, decision_id, preset_id, propensity } of records) {
      const presets = Object.keys(propensities);
      const drawn = drawArm(Float64Array.from(Object.values(propensities)), seededUniform(seed, decision_id));
      expect(presets[drawn]).toBe(preset_id);
      expect(propensities[preset_id]).toBe(propensity);
    }
    expect(new Set(records.map(({ preset_id }) => preset_id)).size).toBe(2);
  });
});

describe('a poll', () => {
  test('with the same features within the TTL gets the open decision again, after it a new one', () => {
    const time = testClock();
    const controller = openWithPresets({ clock: time.clock });
    const first = controller.decide({ ...hmm, features });
    time.forward(899_999);
    expect(controller.decide({ ...hmm, features: { vol: 0.011, ret: 0.0004 } })).toEqual(first);
    time.forward(1);
    expect(controller.decide({ ...hmm, features }).decision_id).not.toBe(first.decision_id);
    expect(controller.summary().decisions).toBe(2);
  });

  test('with other features, after a reward, or after its preset changed gets a new one', () => {
    const controller = openWithPresets();
    const ask = () => controller.decide({ ...hmm, features });
    const first = ask();
    expect(controller.decide({ ...hmm, features: { ret: 1 } }).decision_id).not.toBe(first.decision_id);
    controller.learn({ ...hmm, presetId: first.preset_id, reward: 1, decisionId: first.decision_id });
    const second = ask();
    expect(second.decision_id).not.toBe(first.decision_id);
    controller.register({ ...hmm, presetId: second.preset_id, params: { threshold: 0.1 } });
    expect(ask().decision_id).not.toBe(second.decision_id);
  });
});

describe('features', () => {
  test('of a schema: order fixed, absent ones flagged, unknown ones named', () => {
    const answer = open().decide({
      ...breakout,
      features: { vol: 0.02, colour: 3 },
      context: { hmm_bull: 0.7 },
    });
    expect([...answer.features_used].sort()).toEqual(['hmm_bull', 'vol']);
    expect(answer.features_missing).toEqual(['hmm_bear', 'hmm_chop', 'ret', 'vol_spike', 'range_position']);
    expect(answer.features_ignored).toEqual(['colour']);
  });

  test('that the engine sends win over the context', () => {
    const controller = openWithPresets();
    controller.decide({
      ...hmm,
      features: { hmm_bull: 0.1 },
      context: { hmm_bull: 0.9, hmm_bear: 0.2 },
      modelVersion: 'v7',
    });
    expect(controller.decisions({ limit: 1 })[0]).toMatchObject({
      features: { hmm_bull: 0.1, hmm_bear: 0.2 },
      model_version: 'v7',
    });
  });

  test('that are free extend what was learned', () => {
    const controller = openWithPresets();
    controller.learn({ ...hmm, presetId: 'calm', reward: 2, features: { ret: 0.5 } });
    const answer = controller.decide({ ...hmm, features: { zscore: 1 } });
    expect(answer.features_missing).toEqual(['ret']);
    controller.learn({ ...hmm, presetId: 'calm', reward: -1, features: { ret: 0.1, zscore: 2 } });
    expect(controller.verify(hmm)).toBeLessThan(1e-9);
  });

  test.each([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['text', '0.1' as unknown as number],
    ['null', null as unknown as number],
  ])('%s is refused and nothing stored', (_, value) => {
    const controller = openWithPresets();
    refusal(() => controller.decide({ ...hmm, features: { ret: value } }), 'InvalidFeatures');
    refusal(
      () => controller.learn({ ...hmm, presetId: 'calm', reward: 1, features: { ret: value } }),
      'InvalidFeatures',
    );
    expect(controller.summary()).toMatchObject({ decisions: 0, outcomes: 0 });
  });

  test('more than 64 different names are refused', () => {
    const controller = openWithPresets();
    const many = (prefix: string) =>
      Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${prefix}${i}`, 1]));
    controller.decide({ ...hmm, features: many('a') });
    refusal(() => controller.decide({ ...hmm, features: many('b') }), 'InvalidFeatures');
  });
});

test('names that could break out of a path or a config_id are refused everywhere', () => {
  const controller = openWithPresets();
  const bad = fc.constantFrom(
    '',
    '..',
    'a..b',
    '../x',
    'a:b',
    'a/b/c',
    'x'.repeat(65),
    'a b',
    '__proto__',
    'é',
    '\0',
  );
  fc.assert(
    fc.property(bad, (name) => {
      refusal(() => controller.decide({ ...hmm, strategy: name, features }), 'InvalidName');
      refusal(() => controller.decide({ ...hmm, instrument: name, features }), 'InvalidName');
      refusal(() => controller.register({ ...hmm, presetId: name, params: {} }), 'InvalidName');
      refusal(() => controller.learn({ ...hmm, presetId: name, reward: 1 }), 'InvalidName');
    }),
  );
});

test('epsilon is part of the policy: another one has another version, and going back gives the old one', () => {
  const path = newPath();
  const versionWith = (epsilon: number) => {
    const controller = openWithPresets({ path, epsilon });
    const { policy_version: version } = controller.decide({ ...hmm, features });
    controller.close();
    return version;
  };
  expect([0, 0.1, 0].map(versionWith)).toEqual(['lin_ts/1', 'lin_ts/2', 'lin_ts/1']);
});
