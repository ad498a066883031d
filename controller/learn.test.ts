import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  breakout,
  hmm,
  newPath,
  type open,
  openWithPresets,
  refusal,
  testClock,
} from './controller.fixture.ts';

const features = { ret: 0.0004, vol: 0.011 };
const outcomesOf = (controller: ReturnType<typeof open>) => controller.outcomes({ limit: 500 });

describe('an outcome id counts once', () => {
  test('the same again is a duplicate, another payload a conflict', () => {
    const controller = openWithPresets();
    const outcome = { ...hmm, presetId: 'calm', reward: 3, features, outcomeId: 'o1' };
    expect(controller.learn(outcome)).toEqual({ duplicate: false });
    expect(controller.learn({ ...outcome, features: { vol: 0.011, ret: 0.0004 } })).toEqual({
      duplicate: true,
    });
    refusal(() => controller.learn({ ...outcome, reward: 4 }), 'Conflict');
    refusal(() => controller.learn({ ...outcome, presetId: 'bold' }), 'Conflict');
    expect(controller.summary().outcomes).toBe(1);
    expect(controller.presets(hmm).map(({ outcomes }) => outcomes)).toEqual([0, 1]);
  });

  test('a decision may earn several, one per partial close', () => {
    const controller = openWithPresets();
    const { decision_id: decisionId, preset_id: presetId } = controller.decide({ ...hmm, features });
    controller.learn({ ...hmm, presetId, reward: 1, decisionId, outcomeId: 'o1' });
    controller.learn({ ...hmm, presetId, reward: 1, decisionId, outcomeId: 'o2' });
    expect(outcomesOf(controller).map(({ outcome_id }) => outcome_id)).toEqual(['o2', 'o1']);
  });
});

describe('a decision id alone', () => {
  test('stands for one outcome', () => {
    const controller = openWithPresets();
    const { decision_id: decisionId, preset_id: presetId } = controller.decide({ ...hmm, features });
    expect(controller.learn({ ...hmm, presetId, reward: 1, decisionId })).toEqual({ duplicate: false });
    expect(controller.learn({ ...hmm, presetId, reward: 1, decisionId })).toEqual({ duplicate: true });
    refusal(() => controller.learn({ ...hmm, presetId, reward: 2, decisionId }), 'Conflict');
    expect(controller.decisions({ limit: 1 })[0]?.state).toBe('rewarded');
  });

  test('must be known, of this scope, and of this preset', () => {
    const controller = openWithPresets();
    const { decision_id: decisionId, preset_id } = controller.decide({ ...hmm, features });
    const other = preset_id === 'calm' ? 'bold' : 'calm';
    refusal(
      () => controller.learn({ ...hmm, presetId: preset_id, reward: 1, decisionId: 'nope' }),
      'UnknownDecision',
    );
    refusal(
      () => controller.learn({ ...breakout, presetId: 'fast', reward: 1, decisionId }),
      'UnknownDecision',
    );
    refusal(() => controller.learn({ ...hmm, presetId: other, reward: 1, decisionId }), 'Conflict');
    expect(controller.summary()).toMatchObject({ outcomes: 0, scopes: 1 });
  });
});

describe('without an id', () => {
  test('the outcome goes to the latest decision of its preset, one with the same features first', () => {
    const controller = openWithPresets({ maxPresets: 2 });
    const first = controller.decide({ ...hmm, features });
    const presetId = first.preset_id;
    let newest = first;
    for (let i = 1; newest === first || newest.preset_id !== presetId; i++) {
      newest = controller.decide({ ...hmm, features: { ret: i } });
    }
    controller.learn({ ...hmm, presetId, reward: 1, features });
    controller.learn({ ...hmm, presetId, reward: 1, features: { ret: -77 } });
    expect(outcomesOf(controller)).toMatchObject([
      { decision_id: newest.decision_id, attribution: 'matched' },
      { decision_id: first.decision_id, attribution: 'matched', features },
    ]);
  });

  test('and without a decision it is anonymous, with the features that came along', () => {
    const controller = openWithPresets();
    const outcome = { ...hmm, presetId: 'calm', reward: -12.35, features };
    expect(controller.learn(outcome)).toEqual({ duplicate: false });
    expect(controller.learn(outcome)).toEqual({ duplicate: false });
    expect(outcomesOf(controller)[0]).toMatchObject({
      attribution: 'anonymous',
      decision_id: null,
      features,
    });
    expect(controller.summary()).toMatchObject({ outcomes: 2, anonymous: 2 });
  });

  test('an unknown preset is refused, in any scope, and nothing stored', () => {
    const controller = openWithPresets();
    refusal(() => controller.learn({ ...hmm, presetId: 'nope', reward: 1 }), 'UnknownPreset');
    refusal(
      () => controller.learn({ strategy: 'x', instrument: 'Y', presetId: 'calm', reward: 1 }),
      'UnknownPreset',
    );
    refusal(() => controller.learn({ ...breakout, presetId: 'calm', reward: 1 }), 'UnknownPreset');
    expect(controller.summary()).toMatchObject({ outcomes: 0, scopes: 1 });
  });
});

test('a late outcome is stored and not learned', () => {
  const time = testClock();
  const controller = openWithPresets({ clock: time.clock, outcomeTtlMs: 1000 });
  const { decision_id: decisionId, preset_id: presetId } = controller.decide({ ...hmm, features });
  time.forward(1000);
  expect(controller.decisions({ limit: 1 })[0]?.state).toBe('expired');
  controller.learn({ ...hmm, presetId, reward: 1, decisionId });
  expect(outcomesOf(controller)[0]).toMatchObject({ learned: false, learned_seq: null });
  expect(controller.presets(hmm).every(({ outcomes }) => outcomes === 0)).toBe(true);
});

describe('rewards', () => {
  test.each([Number.NaN, Number.NEGATIVE_INFINITY, '1', null, undefined])(
    '%s is refused and poisons nothing',
    (reward) => {
      const controller = openWithPresets();
      refusal(() => controller.learn({ ...hmm, presetId: 'calm', reward: reward as number }), 'InvalidData');
      expect(controller.summary().outcomes).toBe(0);
    },
  );

  test('in quote currency become deviations, whatever the account is worth', () => {
    const rewards = [1, -2, 0.5, 3, -1, 0, 2, 250];
    const learnedAt = (scale: number) => {
      const controller = openWithPresets();
      for (const reward of rewards) controller.learn({ ...hmm, presetId: 'calm', reward: reward * scale });
      return outcomesOf(controller).map(({ reward }) => reward);
    };
    expect(learnedAt(1024)).toEqual(learnedAt(1));
    expect(learnedAt(1)[0]).toBe(3);
    expect(learnedAt(1).every((reward) => Math.abs(reward) <= 3)).toBe(true);
  });

  test('in R are taken as they are, clipped, and say nothing about the scale of quote currency', () => {
    const scaleAfter = (unit: 'r' | undefined) => {
      const controller = openWithPresets();
      controller.learn({ ...hmm, presetId: 'calm', reward: 10 });
      for (const reward of unit ? [1.5, -9] : [])
        controller.learn({ ...hmm, presetId: 'calm', reward, rewardUnit: 'r' });
      const inR = outcomesOf(controller).map((row) => [row.reward_unit, row.reward_scale, row.reward]);
      controller.learn({ ...hmm, presetId: 'calm', reward: 10 });
      return { inR, scale: outcomesOf(controller)[0]!.reward_scale };
    };
    const { inR, scale } = scaleAfter('r');
    expect(inR.slice(0, 2)).toEqual([
      ['r', 1, -3],
      ['r', 1, 1.5],
    ]);
    expect(scale).toBe(scaleAfter(undefined).scale);
  });

  test('in another unit are another payload; an unknown unit is refused', () => {
    const controller = openWithPresets();
    const outcome = { ...hmm, presetId: 'calm', reward: 1, outcomeId: 'o1' };
    controller.learn(outcome);
    expect(controller.learn({ ...outcome, rewardUnit: 'quote' })).toEqual({ duplicate: true });
    refusal(() => controller.learn({ ...outcome, rewardUnit: 'r' }), 'Conflict');
    refusal(
      () => controller.learn({ ...outcome, outcomeId: 'o2', rewardUnit: 'usd' as 'quote' }),
      'InvalidData',
    );
  });

  test('of any size keep the posterior finite', () => {
    const controller = openWithPresets();
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (reward) => {
        controller.learn({ ...hmm, presetId: 'calm', reward, features });
        return Number.isFinite(controller.decide({ ...hmm, features }).propensity);
      }),
    );
    expect(controller.verify(hmm)).toBeLessThan(1e-9);
  });
});

test('other parameters under a preset id are a new arm: the old rewards stay with the old one', () => {
  const controller = openWithPresets();
  controller.learn({ ...hmm, presetId: 'calm', reward: 1 });
  controller.register({ ...hmm, presetId: 'calm', params: { threshold: 0.6 } });
  expect(controller.presets(hmm).find(({ preset_id }) => preset_id === 'calm')?.outcomes).toBe(1);
  controller.register({ ...hmm, presetId: 'calm', params: { threshold: 0.7 } });
  expect(controller.presets(hmm).find(({ preset_id }) => preset_id === 'calm')).toMatchObject({
    outcomes: 0,
    params: { threshold: 0.7 },
  });
  expect(outcomesOf(controller)).toHaveLength(1);
});

test('the arm that pays is the one that comes to be served', () => {
  const controller = openWithPresets();
  let served = 0;
  for (let i = 0; i < 120; i++) {
    const { preset_id: presetId, decision_id: decisionId } = controller.decide({
      ...hmm,
      features: { ret: i % 7 },
    });
    const reward = (presetId === 'bold' ? 1 : -1) + ((i * 7919) % 13) / 13;
    controller.learn({ ...hmm, presetId, reward, decisionId });
    if (i >= 80 && presetId === 'bold') served += 1;
  }
  expect(served).toBeGreaterThan(35);
});

test('replaying the outcomes gives A and b again to 1e-9, across a restart', () => {
  const path = newPath();
  const scopes = [hmm, breakout];
  for (let round = 0; round < 3; round++) {
    const controller = openWithPresets({ path });
    for (let i = 0; i < 20; i++) {
      for (const scope of scopes) {
        const { preset_id: presetId, decision_id: decisionId } = controller.decide({
          ...scope,
          features: { ret: Math.sin(i), vol: 0.01 * (i % 5) },
        });
        controller.learn({ ...scope, presetId, reward: Math.cos(i * 3) * 20, decisionId });
      }
    }
    controller.close();
  }
  const controller = openWithPresets({ path });
  for (const scope of scopes) expect(controller.verify(scope)).toBeLessThan(1e-9);
  expect(controller.summary().outcomes).toBe(120);
});
