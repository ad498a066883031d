import { describe, expect, test } from 'vitest';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import type { Guardrails, StrategySchema } from '../strategy_schemas/schema.ts';
import { breakout, hmm, newPath, open, openWithPresets, refusal, testClock } from './controller.fixture.ts';
import { asker, guarded } from './guardrails/guarded.fixture.ts';

const schema = loadStrategySchemas().get('momentum_breakout') as StrategySchema;
const by = { actor: 'ann', reason: 'the fill was busted' };
const features = { ret: 0.0004 };

const protectedBy = (protections: Guardrails['protections']) => {
  const guardrails = { ...schema.guardrails, min_dwell_minutes: 0, protections };
  return new Map([[schema.strategy, { ...schema, guardrails }]]);
};

describe('an outcome that was taken back', () => {
  const losing = (controller: ReturnType<typeof open>, time: ReturnType<typeof testClock>) => {
    let n = 0;
    return (reward: number) => {
      time.forward(1_000);
      n += 1;
      controller.learn({ ...breakout, presetId: 'fast', reward, outcomeId: `o${n}` });
    };
  };

  test('is no loss in a row and lowers no mean', () => {
    const time = testClock();
    const schemas = protectedBy({
      consecutive_losses: { count: 3, lock_minutes: 10 },
      low_profit: { outcomes: 3, min_mean: -0.1, lock_minutes: 10 },
    });
    const controller = open({ clock: time.clock, schemas });
    const lose = losing(controller, time);
    lose(-1);
    lose(-1);
    controller.reverse({ ...by, outcomeId: 'o2' });
    lose(-1);
    expect(controller.standing().locks).toEqual([]);
    lose(-1);
    expect(controller.standing().locks.map(({ protection }) => protection)).toEqual([
      'consecutive_losses',
      'low_profit',
    ]);
  });

  test('says nothing about the size of rewards, in this process and after a restart', () => {
    const scaleAfter = (wrong: boolean) => {
      const path = newPath();
      const learn = (controller: ReturnType<typeof open>, reward: number, outcomeId: string) => {
        controller.learn({ ...hmm, presetId: 'calm', reward, outcomeId });
        return controller.outcomes({ limit: 1 })[0]!.reward_scale;
      };
      const controller = openWithPresets({ path });
      learn(controller, 1, 'a');
      for (const id of wrong ? ['x', 'y', 'z'] : []) learn(controller, -10_000, id);
      for (const id of wrong ? ['x', 'y', 'z'] : []) controller.reverse({ ...by, outcomeId: id });
      const here = learn(controller, 1, 'b');
      controller.close();
      return [here, learn(open({ path }), 1, 'c')];
    };
    expect(scaleAfter(true)).toEqual(scaleAfter(false));
  });
});

describe('each way to report an outcome can be taken back by its number', () => {
  const newest = (controller: ReturnType<typeof open>) => controller.outcomes({ limit: 1 })[0]!;

  test.each(['an outcome id', 'a decision id alone', 'an idempotency key', 'nothing, matched', 'nothing'])(
    '%s',
    (how) => {
      const controller = openWithPresets();
      const asked = how === 'nothing' ? undefined : controller.decide({ ...hmm, features });
      const ids = {
        'an outcome id': { outcomeId: 'o1' },
        'a decision id alone': { decisionId: asked?.decision_id },
        'an idempotency key': { requestKey: 'k1' },
      }[how];
      controller.learn({ ...hmm, presetId: asked?.preset_id ?? 'calm', reward: 5, ...ids } as Parameters<
        typeof controller.learn
      >[0]);
      const { seq } = newest(controller);
      expect(controller.reverse({ ...by, outcomeId: `seq:${seq}` })).toEqual({ duplicate: false });
      expect(controller.reverse({ ...by, outcomeId: `seq:${seq}` })).toEqual({ duplicate: true });
      expect(newest(controller)).toMatchObject({ attribution: 'reversal', reverses: seq, raw_reward: -5 });
      expect(controller.presets(hmm).every(({ outcomes }) => outcomes === 0)).toBe(true);
      expect(controller.verify(hmm)).toBeLessThan(1e-9);
      const audited = controller.audit({ limit: 1 })[0];
      expect(audited).toMatchObject({ action: 'reverse', detail: { outcome: `seq:${seq}`, seq } });
    },
  );

  test('an unknown number, or that of a reversal, is refused; no client id looks like a number', () => {
    const controller = openWithPresets();
    refusal(() => controller.reverse({ ...by, outcomeId: 'seq:1' }), 'UnknownOutcome');
    controller.learn({ ...hmm, presetId: 'calm', reward: 5, outcomeId: 'o1' });
    controller.reverse({ ...by, outcomeId: 'o1' });
    expect(controller.reverse({ ...by, outcomeId: 'seq:1' })).toEqual({ duplicate: true });
    refusal(() => controller.reverse({ ...by, outcomeId: 'seq:2' }), 'Conflict');
    refusal(
      () => controller.learn({ ...hmm, presetId: 'calm', reward: 5, outcomeId: 'seq:1' }),
      'InvalidName',
    );
  });
});

describe('with its decision alone an outcome is the only one', () => {
  const decided = () => {
    const controller = openWithPresets();
    const { decision_id: decisionId, preset_id: presetId } = controller.decide({ ...hmm, features });
    return { controller, outcome: { ...hmm, presetId, decisionId, reward: 1 } };
  };

  test('after one with an outcome id it is refused, and counts nothing', () => {
    const { controller, outcome } = decided();
    controller.learn({ ...outcome, outcomeId: 'o1' });
    refusal(() => controller.learn(outcome), 'Conflict');
    controller.learn({ ...outcome, outcomeId: 'o2' });
    expect(controller.summary().outcomes).toBe(2);
  });

  test('before one with an outcome id it stays a duplicate of itself', () => {
    const { controller, outcome } = decided();
    controller.learn(outcome);
    controller.learn({ ...outcome, outcomeId: 'o1' });
    expect(controller.learn(outcome)).toEqual({ duplicate: true });
    refusal(() => controller.learn({ ...outcome, reward: 2 }), 'Conflict');
    expect(controller.summary().outcomes).toBe(2);
  });

  test('after one without any id that was matched with the decision it is refused', () => {
    const { controller, outcome } = decided();
    controller.learn({ ...hmm, presetId: outcome.presetId, reward: 1, features });
    refusal(() => controller.learn(outcome), 'Conflict');
  });

  test('what was taken back can be reported anew, by whichever id', () => {
    const { controller, outcome } = decided();
    for (const reward of [1, 2, 3]) {
      controller.learn({ ...outcome, reward });
      expect(controller.learn({ ...outcome, reward })).toEqual({ duplicate: true });
      controller.reverse({ ...by, outcomeId: `seq:${controller.outcomes({ limit: 1 })[0]!.seq}` });
    }
    controller.learn({ ...outcome, outcomeId: 'o1' });
    refusal(() => controller.learn(outcome), 'Conflict');
    const presets = controller.presets(hmm);
    expect(presets.reduce((sum, { outcomes }) => sum + outcomes, 0)).toBe(1);
    expect(controller.verify(hmm)).toBeLessThan(1e-9);
  });
});

test('a reversal also takes back what adaptive forgetting believed because of the outcome, as a replay does', () => {
  const policy = { ...schema.policy, half_life_outcomes: 'adaptive' as const };
  const controller = open({ schemas: new Map([[schema.strategy, { ...schema, policy }]]) });
  for (let i = 0; i < 60; i++)
    controller.learn({
      ...breakout,
      presetId: ['fast', 'balanced'][i % 2]!,
      reward: 10 * Math.sin(i * 12.9898),
      features: { vol: 0.01 + 0.004 * Math.cos(i) },
      outcomeId: `o${i}`,
    });
  expect(controller.verify(breakout)).toBeLessThan(1e-9);
  for (const outcomeId of ['o20', 'o40', 'o59']) {
    controller.reverse({ ...by, outcomeId });
    expect(controller.verify(breakout)).toBeLessThan(1e-9);
  }
  controller.learn({ ...breakout, presetId: 'fast', reward: 3, outcomeId: 'last' });
  expect(controller.verify(breakout)).toBeLessThan(1e-9);
});

describe('outcomes of a decision that a position holds', () => {
  const ttl = 60_000;
  const traded = () => {
    const time = testClock();
    const controller = openWithPresets({ clock: time.clock, outcomeTtlMs: ttl });
    const { decision_id: decisionId, preset_id: presetId } = controller.decide({
      ...hmm,
      features,
      positionId: 'p1',
    });
    const learned = (ids: { outcomeId?: string; decisionId?: string }) => {
      controller.learn({ ...hmm, presetId, reward: 1, ...ids });
      return controller.outcomes({ limit: 1 })[0]!;
    };
    return { time, controller, decisionId, learned };
  };

  test('are learned however long it is open, and for their time after its close', () => {
    const { time, controller, decisionId, learned } = traded();
    time.forward(100 * ttl);
    expect(controller.decision(decisionId).state).toBe('served');
    expect(learned({ decisionId, outcomeId: 'partial' })).toMatchObject({ learned: true });
    expect(learned({})).toMatchObject({ learned: true, decision_id: decisionId, attribution: 'matched' });
    controller.closePosition({ positionId: 'p1' });
    time.forward(ttl - 1);
    expect(learned({ decisionId, outcomeId: 'close' })).toMatchObject({ learned: true });
    time.forward(1);
    expect(learned({ decisionId, outcomeId: 'late' })).toMatchObject({ learned: false });
    expect(learned({})).toMatchObject({ attribution: 'anonymous' });
  });

  test('find their decision after the close although everything of its age is compacted', () => {
    const { time, controller, decisionId, learned } = traded();
    time.forward(100 * ttl);
    controller.closePosition({ positionId: 'p1' });
    controller.compact({ beforeMs: time.clock() });
    expect(learned({ decisionId })).toMatchObject({ learned: true, decision_id: decisionId });
    controller.reverse({ ...by, outcomeId: 'seq:1' });
    time.forward(ttl);
    expect(controller.decision(decisionId).state).toBe('expired');
  });
});

describe('what is taken back by hand', () => {
  test('a reversal takes an outcome back as if it had never been, once; the decision can earn again', () => {
    const time = testClock();
    const controller = open({ clock: time.clock, schemas: guarded({}) });
    const ask = asker(controller);
    const learn = (outcomeId: string, reward: number) => {
      const { preset_id: presetId, decision_id: decisionId } = ask();
      controller.learn({ ...breakout, presetId, decisionId, reward, outcomeId });
      return decisionId;
    };
    for (let i = 0; i < 10; i++) learn(`o${i}`, 1);
    const wrong = learn('wrong', -50);
    for (let i = 10; i < 20; i++) learn(`o${i}`, 1);
    expect(controller.reverse({ ...by, outcomeId: 'wrong' })).toEqual({ duplicate: false });
    expect(controller.reverse({ ...by, outcomeId: 'wrong' })).toEqual({ duplicate: true });
    refusal(() => controller.reverse({ ...by, outcomeId: 'nope' }), 'UnknownOutcome');
    expect(controller.verify(breakout)).toBeLessThan(1e-9);
    const { state, outcomes } = controller.decision(wrong);
    expect(state).toBe('served');
    expect(outcomes.map(({ attribution, raw_reward }) => [attribution, raw_reward])).toEqual([
      ['reversal', 50],
      ['decision', -50],
    ]);
    expect(controller.presets(breakout).reduce((sum, preset) => sum + preset.outcomes, 0)).toBe(20);
    expect(controller.summary().outcomes).toBe(22);
  });

  test('a void decision earns nothing, a rewarded one cannot be voided', () => {
    const controller = open();
    const ask = asker(controller);
    const { preset_id: presetId, decision_id: decisionId } = ask();
    controller.voidDecision({ ...by, decisionId });
    refusal(() => controller.learn({ ...breakout, presetId, decisionId, reward: 1 }), 'Conflict');
    const rewarded = ask();
    controller.learn({
      ...breakout,
      presetId: rewarded.preset_id,
      decisionId: rewarded.decision_id,
      reward: 1,
    });
    refusal(() => controller.voidDecision({ ...by, decisionId: rewarded.decision_id }), 'Conflict');
    refusal(() => controller.voidDecision({ ...by, decisionId: 'nope' }), 'UnknownDecision');
  });

  test('an idempotency key: one decision, one anonymous outcome', () => {
    const controller = open();
    const question = { ...breakout, features: { vol: 0.01 }, requestKey: 'k' };
    const first = controller.decide(question);
    expect(controller.decide(question).decision_id).toBe(first.decision_id);
    expect(controller.decide({ ...question, requestKey: 'k2' }).decision_id).not.toBe(first.decision_id);
    refusal(() => controller.decide({ ...question, features: { vol: 0.02 } }), 'Conflict');
    const outcome = {
      strategy: 'momentum_breakout',
      instrument: 'ETHUSDT',
      presetId: 'fast',
      reward: 1,
      requestKey: 'r',
    };
    expect([controller.learn(outcome), controller.learn(outcome)]).toEqual([
      { duplicate: false },
      { duplicate: true },
    ]);
  });
});
