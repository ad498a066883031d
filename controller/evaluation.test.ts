import { describe, expect, test } from 'vitest';
import { seededUniform } from '../bandit/seeded-uniform.ts';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import { breakout, open, refusal, testClock } from './controller.fixture.ts';
import { asker, guarded } from './guardrails/guarded.fixture.ts';

const by = { actor: 'ann', reason: 'a test' };
const minute = 60_000;
const schema = loadStrategySchemas().get('momentum_breakout')!;

/** What a preset earns on average at a context, in R; noise and means stay far within the clip of ±3. */
const worth: Record<string, (vol: number, ret: number) => number> = {
  conservative: () => 0.2,
  balanced: (vol, ret) => 0.5 + 0.2 * vol - 0.2 * ret,
  fast: (vol) => 0.1 - 0.3 * vol,
};

/** About normal: Σ of four uniforms, deviation 0.6. */
const noise = (seed: number, i: number): number =>
  [0, 1, 2, 3].reduce((sum, part) => sum + seededUniform(seed, `${i}:${part}`) - 0.5, 0) * 1.04;

/**
 * A strategy as it is bundled, its guardrails on, asked twice in three hours, the second time within the dwell; every decision
 * earns. ε is large, so that each preset is served often enough in few decisions.
 */
const traded = (seed: number, decisions: number) => {
  const time = testClock();
  const controller = open({ clock: time.clock, seed });
  const from = time.clock();
  const means = new Map<string, Record<string, number>>();
  const step = (i: number): void => {
    time.forward((i % 2 === 0 ? 5 : 175) * minute);
    const [vol, ret] = ['vol', 'ret'].map((name) => 2 * seededUniform(seed, `${name}:${i}`) - 1);
    const features = { vol: 0.01 + 0.008 * vol!, ret: 0.004 * ret! };
    const { preset_id: presetId, decision_id: decisionId } = controller.decide({ ...breakout, features });
    means.set(
      decisionId,
      Object.fromEntries(Object.entries(worth).map(([preset, of]) => [preset, of(vol!, ret!)])),
    );
    const reward = worth[presetId]!(vol!, ret!) + noise(seed, i);
    controller.learn({ ...breakout, presetId, decisionId, reward, rewardUnit: 'r' });
  };
  controller.batch([
    () => step(0),
    () => controller.openWindow({ ...by, ...breakout, epsilon: 0.9, hours: 24 * 60 }),
    ...Array.from({ length: decisions - 1 }, (_, i) => () => step(i + 1)),
  ]);
  return { controller, means, window: { ...breakout, from, to: time.clock() + 1 } };
};

/** All decisions of a store, in pages. */
const decisionsOf = ({ controller }: ReturnType<typeof traded>) => {
  const rows = controller.decisions({ limit: 500 });
  for (let page = rows; page.length === 500; ) {
    page = controller.decisions({ limit: 500, cursor: String(page.at(-1)!.seq) });
    rows.push(...page);
  }
  return rows;
};

describe('off-policy values under the bundled guardrails', () => {
  test('are of the decisions in which every preset had a chance: their intervals hold', () => {
    const [seeds, decisions] = [26, 280];
    const held = { ips: 0, dr: 0, of: 0 };
    for (let seed = 1; seed <= seeds; seed++) {
      const world = traded(seed, decisions);
      const value = world.controller.evaluation(world.window);
      const supported = decisionsOf(world).filter(
        ({ forced_by, propensities }) =>
          forced_by === null && Object.values(propensities).every((chance) => chance > 0),
      );
      const { forced, no_support, unrewarded } = value.left_out;
      expect(value.decisions).toBe(supported.length);
      expect(value.decisions + forced + no_support + unrewarded).toBe(decisions);
      for (const [preset, one] of Object.entries(value.presets)) {
        if (!one || one.effectiveSampleSize < 50) continue;
        const truth =
          supported.reduce((sum, { decision_id }) => sum + world.means.get(decision_id)![preset]!, 0) /
          supported.length;
        held.of += 1;
        for (const by of ['ips', 'dr'] as const)
          if (one[by].low <= truth && truth <= one[by].high) held[by] += 1;
      }
      world.controller.close();
    }
    // 95 % intervals of so many presets: at 85 % of them or fewer, chance would explain it once in a thousand times.
    expect(held.of).toBeGreaterThanOrEqual(30);
    expect(held.ips / held.of).toBeGreaterThanOrEqual(0.85);
    expect(held.dr / held.of).toBeGreaterThanOrEqual(0.85);
  }, 120_000);
});

describe('what is left out', () => {
  const asked = () => {
    const time = testClock();
    const controller = open({ clock: time.clock });
    const from = time.clock();
    const ask = (gapMinutes: number, reward?: number) => {
      time.forward(gapMinutes * minute);
      const features = { vol: time.clock() / 1e15 };
      const { preset_id: presetId, decision_id: decisionId } = controller.decide({ ...breakout, features });
      if (reward !== undefined) controller.learn({ ...breakout, presetId, decisionId, reward });
      return presetId;
    };
    const evaluated = () => controller.evaluation({ ...breakout, from, to: time.clock() + 1 });
    return { controller, ask, evaluated };
  };

  test('is counted by reason, and halves add up to the whole', () => {
    const { controller, ask, evaluated } = asked();
    ask(1, 1);
    for (let i = 0; i < 5; i++) ask(1, 1);
    ask(1);
    controller.pin({ ...by, ...breakout, presetId: 'fast' });
    for (let i = 0; i < 2; i++) ask(1, 1);
    const { decisions, left_out, halves, presets } = evaluated();
    expect(decisions).toBe(1);
    expect(left_out).toEqual({ forced: 2, unrewarded: 1, no_support: 5 });
    expect(halves.map((half) => half.decisions)).toEqual([1, 0]);
    expect(Object.values(presets).filter((value) => value !== null)).toHaveLength(1);
    expect(halves[1]!.presets).toEqual({ balanced: null, conservative: null, fast: null });
  });

  test('without a judged decision there is no value', () => {
    const { ask, evaluated, controller } = asked();
    for (let i = 0; i < 4; i++) ask(1, 1);
    controller.register({
      ...breakout,
      presetId: 'new',
      params: { ...schema.presets['fast']!, risk_bps: 7 },
    });
    ask(1, 1);
    const { decisions, logged, champion, presets, left_out, prunable } = evaluated();
    expect([decisions, logged, champion, prunable]).toEqual([0, null, null, []]);
    expect(left_out.no_support).toBe(5);
    expect(Object.values(presets)).toEqual([null, null, null, null]);
  });
});

describe('evaluation of a strategy that was taught', () => {
  test('finds what each preset is worth from decisions that explored, and leaves forced ones out', () => {
    const time = testClock();
    const controller = open({ clock: time.clock, schemas: guarded({ hysteresis_margin: 0.2 }) });
    const from = time.clock();
    const ask = asker(controller);
    const worth: Record<string, number> = { balanced: 1, conservative: 0, fast: -1 };
    ask();
    controller.openWindow({ ...by, ...breakout, epsilon: 0.45, hours: 24 * 30 });
    for (let i = 0; i < 1_150; i++) {
      time.forward(minute);
      if (i === 600) controller.pin({ ...by, ...breakout, presetId: 'fast' });
      if (i === 650) controller.pin({ ...by, ...breakout, presetId: null });
      const { preset_id: presetId, decision_id: decisionId } = ask();
      controller.learn({
        ...breakout,
        presetId,
        decisionId,
        reward: worth[presetId]! + Math.sin(i * 12.9898),
      });
    }
    const evaluation = controller.evaluation({ ...breakout, from, to: time.clock() + 1 });
    expect(evaluation).toMatchObject({
      decisions: 1_100,
      epsilon: 0.45,
      champion: 'balanced',
      prunable: ['fast'],
    });
    const { balanced, conservative, fast } = evaluation.presets;
    // Rewards are in deviations; the scale is the strategy's own.
    expect(balanced!.dr.low).toBeGreaterThan(conservative!.dr.high);
    expect(conservative!.dr.low).toBeGreaterThan(fast!.dr.high);
    refusal(() => controller.evaluation({ ...breakout, from: 2, to: 1 }), 'InvalidData');
  });
});
