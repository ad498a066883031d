import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StrategySchema } from '../../strategy_schemas/schema.ts';
import { breakout, newPath, open, refusal, testClock } from '../controller.fixture.ts';
import { asker, by, guarded, minute, quiet, schema } from './guarded.fixture.ts';
import { dayOf, heldBy } from './hysteresis.ts';

const changesOf = (presets: readonly string[]): number =>
  presets.filter((preset, i) => i > 0 && preset !== presets[i - 1]).length;

describe('hysteresis', () => {
  const day = '2026-11-24';
  const noon = Date.UTC(2026, 10, 24, 12);
  const serving = { armId: 1, since: noon - 60 * minute, day, changes: 3 };
  const input = {
    guardrails: quiet,
    serving,
    strategyDay: undefined,
    now: noon,
    advantage: 0.1,
    evaluating: false,
  };

  test.each([
    ['nothing', {}, undefined],
    ['a margin above the advantage', { guardrails: { ...quiet, hysteresis_margin: 0.2 } }, 'hysteresis'],
    ['a dwell that is not over', { guardrails: { ...quiet, min_dwell_minutes: 61 } }, 'min_dwell'],
    ['a dwell that is over', { guardrails: { ...quiet, min_dwell_minutes: 60 } }, undefined],
    ['a cap that is reached', { guardrails: { ...quiet, max_changes_per_day: 3 } }, 'daily_cap'],
    [
      'a cap of another day',
      { guardrails: { ...quiet, max_changes_per_day: 3 }, now: noon + 86_400_000 },
      undefined,
    ],
    [
      "the strategy's cap",
      { guardrails: { ...quiet, max_changes_per_day_strategy: 5 }, strategyDay: { day, changes: 5 } },
      'strategy_daily_cap',
    ],
    [
      'a margin while evaluating',
      { guardrails: { ...quiet, hysteresis_margin: 9 }, evaluating: true },
      undefined,
    ],
  ])('%s: %j → %s', (_, edit, want) => {
    expect(heldBy({ ...input, ...edit })).toBe(want);
  });

  test('days are those of the time zone', () => {
    const lateEvening = Date.UTC(2026, 10, 24, 23, 30);
    expect(dayOf(lateEvening, 'UTC')).toBe('2026-11-24');
    expect(dayOf(lateEvening, 'Europe/Berlin')).toBe('2026-11-25');
    expect(dayOf(lateEvening, 'America/New_York')).toBe('2026-11-24');
  });

  test('the cap holds across a restart, and what is logged is what was served', () => {
    const time = testClock(noon);
    const path = newPath();
    const options = { path, clock: time.clock, schemas: guarded({ max_changes_per_day: 2 }) };
    const served: string[] = [];
    for (let restart = 0; restart < 4; restart++) {
      const controller = open(options);
      const ask = asker(controller);
      for (let i = 0; i < 15; i++) {
        time.forward(minute);
        served.push(ask().preset_id);
      }
      for (const { propensities, preset_id, propensity, odds, proposed_preset_id } of controller.decisions({
        limit: 15,
      })) {
        expect(Object.values(propensities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
        expect(propensities[preset_id]).toBe(propensity);
        expect(odds[proposed_preset_id]).toBeGreaterThan(0);
      }
      controller.close();
    }
    expect(changesOf(served)).toBe(2);
    time.forward(86_400_000);
    const ask = asker(open(options));
    expect(changesOf([served.at(-1)!, ...Array.from({ length: 40 }, () => ask().preset_id)])).toBe(2);
  });

  test('held at the cap, the propensity of what is served is one', () => {
    const controller = open({ schemas: guarded({ max_changes_per_day: 0 }) });
    const ask = asker(controller);
    const first = ask();
    const held = Array.from({ length: 12 }, ask);
    expect(new Set(held.map(({ preset_id }) => preset_id))).toEqual(new Set([first.preset_id]));
    expect(held.every(({ propensity }) => Math.abs(propensity - 1) < 1e-12)).toBe(true);
    const other = held.find(({ proposed_preset_id }) => proposed_preset_id !== first.preset_id);
    expect(other?.reason).toBe('daily_cap');
  });

  test("the strategy's cap counts all its instruments", () => {
    const controller = open({ schemas: guarded({ max_changes_per_day_strategy: 3 }) });
    const asks = ['BTCUSDT', 'ETHUSDT'].map((instrument) => asker(controller, { ...breakout, instrument }));
    const served = asks.map(() => [] as string[]);
    for (let i = 0; i < 30; i++) asks.forEach((ask, at) => served[at]!.push(ask().preset_id));
    expect(served.reduce((sum, presets) => sum + changesOf(presets), 0)).toBe(3);
  });

  test('a preset that was never tried displaces one that disappoints', () => {
    const controller = open({ schemas: guarded({ hysteresis_margin: 0.2 }) });
    const ask = asker(controller);
    const served = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const { preset_id: presetId, decision_id: decisionId } = ask();
      served.add(presetId);
      controller.learn({ ...breakout, presetId, decisionId, reward: -1 - (i % 3) });
    }
    expect(served.size).toBe(3);
  });
});

describe('pin, shadow and retire', () => {
  test('a pinned preset is served until it is unpinned; policy draws stay on record', () => {
    const controller = open({ schemas: guarded({}) });
    const ask = asker(controller);
    ask();
    controller.pin({ ...by, ...breakout, presetId: 'fast' });
    expect(Array.from({ length: 5 }, ask)).toEqual(
      Array.from({ length: 5 }, () =>
        expect.objectContaining({ preset_id: 'fast', reason: 'pin', propensity: 1 }),
      ),
    );
    refusal(() => controller.pin({ ...by, ...breakout, presetId: 'nope' }), 'UnknownPreset');
    controller.pin({ ...by, ...breakout, presetId: null });
    expect(ask().reason).toBe('sampled');
  });

  test('shadow mode serves the safe default, learns from it, and records what it would have served', () => {
    const controller = open({ schemas: guarded({}, { policy: { ...schema.policy, shadow: true } }) });
    const ask = asker(controller);
    const answers = Array.from({ length: 30 }, ask);
    expect(new Set(answers.map(({ preset_id }) => preset_id))).toEqual(new Set(['conservative']));
    expect(new Set(answers.map(({ proposed_preset_id }) => proposed_preset_id)).size).toBe(3);
    const { preset_id: presetId, decision_id: decisionId } = answers[0]!;
    controller.learn({ ...breakout, presetId, decisionId, reward: 1 });
    expect(controller.presets(breakout).find(({ preset_id }) => preset_id === presetId)?.outcomes).toBe(1);
  });

  test('retire: not the safe default, not the last two; the same parameters bring it back with what it knew', () => {
    const controller = open();
    controller.learn({ ...breakout, presetId: 'fast', reward: 1 });
    refusal(() => controller.retire({ ...by, ...breakout, presetId: 'conservative' }), 'Conflict');
    controller.retire({ ...by, ...breakout, presetId: 'fast' });
    controller.decide({ ...breakout, features: {} });
    expect(controller.presets(breakout).map(({ preset_id }) => preset_id)).toEqual([
      'balanced',
      'conservative',
    ]);
    refusal(() => controller.retire({ ...by, ...breakout, presetId: 'balanced' }), 'Conflict');
    controller.register({ ...breakout, presetId: 'fast', params: schema.presets['fast']! });
    expect(controller.presets(breakout).find(({ preset_id }) => preset_id === 'fast')?.outcomes).toBe(1);
  });
});

describe('a schema that changes while it serves', () => {
  test('is another policy from the next decision on, and a preset that is out of its bounds is not served', () => {
    const controller = open({ schemas: guarded({}) });
    const ask = asker(controller);
    controller.register({
      ...breakout,
      presetId: 'wide',
      params: { ...schema.presets['fast'], stop_atr: 5.5 },
    });
    expect(ask().policy_version).toBe('lin_ts/1');
    const narrow = {
      ...schema.params,
      stop_atr: { ...schema.params['stop_atr']!, max: 5 },
    } as StrategySchema['params'];
    controller.useSchemas(guarded({}, { params: narrow }));
    const after = Array.from({ length: 60 }, ask);
    expect(after[0]?.policy_version).toBe('lin_ts/2');
    expect(new Set(after.map(({ preset_id }) => preset_id))).toEqual(
      new Set(['balanced', 'conservative', 'fast']),
    );
  });

  test.each([
    ['lin_ucb', { algorithm: 'lin_ucb' }],
    ['epsilon_greedy', { algorithm: 'epsilon_greedy', epsilon: 0.2 }],
    ['fixed', { algorithm: 'fixed' }],
    ['adaptive forgetting', { half_life_outcomes: 'adaptive' }],
    ['never forgetting', { half_life_outcomes: null }],
  ] as const)('%s: decides, learns, and the outcomes give A and b again across a restart', (_, edit) => {
    const path = newPath();
    const policy = { ...schema.policy, ...edit };
    const warm_start = { fast: { mean_reward: 0.5, weight: 10 } };
    for (let round = 0; round < 2; round++) {
      const controller = open({ path, schemas: guarded({}, { policy, warm_start }) });
      for (let i = 0; i < 40; i++) {
        const features = { vol: 0.001 * i, ret: Math.sin(i) / 100 };
        const {
          preset_id: presetId,
          decision_id: decisionId,
          propensity,
        } = controller.decide({ ...breakout, features });
        expect(propensity).toBeGreaterThan(0);
        controller.learn({ ...breakout, presetId, decisionId, reward: Math.cos(i * 3) });
      }
      expect(controller.verify(breakout)).toBeLessThan(1e-9);
      controller.close();
    }
    const changed = open({ path, schemas: guarded({}) });
    changed.decide({ ...breakout, features: {} });
    expect(changed.verify(breakout)).toBeLessThan(1e-9);
  });

  test('Beta–Thompson without features learns which preset wins', () => {
    const beta = guarded({}, { features: [], policy: { ...schema.policy, algorithm: 'beta_ts' } });
    const controller = open({ schemas: beta });
    let won = 0;
    for (let i = 0; i < 150; i++) {
      const {
        preset_id: presetId,
        decision_id: decisionId,
        policy_version,
      } = controller.decide({ ...breakout, features: { n: i } });
      expect(policy_version).toBe('beta_ts/1');
      controller.learn({ ...breakout, presetId, decisionId, reward: presetId === 'fast' ? 5 : -1 });
      if (i >= 100 && presetId === 'fast') won += 1;
    }
    expect(won).toBeGreaterThan(45);
    expect(controller.verify(breakout)).toBeLessThan(1e-9);
  });

  test('a warm start makes a preset likelier, by no more than its weight', () => {
    const shareOf = (warm_start: StrategySchema['warm_start']) => {
      const controller = open({ schemas: guarded({}, { warm_start }) });
      controller.decide({
        ...breakout,
        features: { vol: schema.features.find(({ name }) => name === 'vol')!.mean },
      });
      return controller.decisions({ limit: 1 })[0]!.propensities['fast']!;
    };
    const [cold, warm] = [shareOf({}), shareOf({ fast: { mean_reward: 1, weight: 5 } })];
    expect(warm).toBeGreaterThan(cold + 0.2);
  });
});

test('whatever draws come, pushed-through propensities sum to one and hold the served preset', () => {
  fc.assert(
    fc.property(
      fc.record({
        hysteresis_margin: fc.constantFrom(0, 0.05, 0.5),
        min_dwell_minutes: fc.constantFrom(0, 2),
        max_changes_per_day: fc.constantFrom(null, 1, 4),
      }),
      fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 5, maxLength: 25 }),
      (guardrails, rewards) => {
        const time = testClock();
        const controller = open({ clock: time.clock, schemas: guarded(guardrails) });
        const ask = asker(controller);
        for (const reward of rewards) {
          time.forward(minute);
          const { preset_id: presetId, decision_id: decisionId } = ask();
          controller.learn({ ...breakout, presetId, decisionId, reward });
        }
        for (const { propensities, preset_id } of controller.decisions({ limit: 100 })) {
          expect(Object.values(propensities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
          expect(propensities[preset_id]).toBeGreaterThan(0);
        }
        controller.close();
      },
    ),
    { numRuns: 25 },
  );
});
