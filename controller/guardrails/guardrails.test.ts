import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadStrategySchemas } from '../../strategy_schemas/load.ts';
import type { Guardrails, StrategySchema } from '../../strategy_schemas/schema.ts';
import { breakout, newPath, open, refusal, testClock } from '../controller.fixture.ts';
import { dayOf, heldBy } from './hysteresis.ts';

const schema = loadStrategySchemas().get('momentum_breakout') as StrategySchema;
const quiet: Guardrails = {
  hysteresis_margin: 0,
  min_dwell_minutes: 0,
  max_changes_per_day: null,
  max_changes_per_day_strategy: null,
  time_zone: 'UTC',
  protections: {},
};
const guarded = (guardrails: Partial<Guardrails>, edit: Partial<StrategySchema> = {}) =>
  new Map([[schema.strategy, { ...schema, ...edit, guardrails: { ...quiet, ...guardrails } }]]);
const by = { actor: 'ann', reason: 'a test' };
const minute = 60_000;

/** Asks a new question each time: no open decision answers it. */
const asker = (controller: ReturnType<typeof open>, scope = breakout) => {
  let asked = 0;
  return () => {
    asked += 1;
    return controller.decide({ ...scope, features: { vol: asked * 1e-7 } });
  };
};

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

describe('the kill switch', () => {
  test('latches over a restart, serves the safe default, says so, and takes a person to re-arm', () => {
    const path = newPath();
    const before = open({ path });
    before.kill({ ...by, strategy: 'momentum_breakout', state: 'HALTED' });
    before.close();
    const controller = open({ path });
    const ask = asker(controller);
    expect(ask()).toMatchObject({
      trading_state: 'HALTED',
      preset_id: 'conservative',
      reason: 'kill',
      propensity: 1,
    });
    expect(controller.decisions({ limit: 1 })[0]).toMatchObject({
      forced_by: 'kill',
      trading_state: 'HALTED',
    });
    expect(
      controller.decide({ strategy: 'trend_following', instrument: 'X', features: {} }).trading_state,
    ).toBe('ACTIVE');
    refusal(() => controller.resume(by), 'Conflict');
    controller.resume({ ...by, strategy: 'momentum_breakout' });
    expect(ask()).toMatchObject({ trading_state: 'ACTIVE' });
    expect(
      controller.audit({ limit: 10 }).map(({ action, actor, reason }) => [action, actor, reason]),
    ).toEqual([
      ['resume', 'ann', 'a test'],
      ['kill', 'ann', 'a test'],
    ]);
  });

  test('the strictest of everything, strategy and instrument holds; a kill never loosens another', () => {
    const controller = open();
    const ask = asker(controller);
    controller.kill({ ...by, state: 'REDUCING' });
    expect(ask().trading_state).toBe('REDUCING');
    controller.kill({ ...by, ...breakout, state: 'HALTED' });
    expect(ask().trading_state).toBe('HALTED');
    expect(controller.kill({ ...by, ...breakout, state: 'REDUCING' }).trading_state).toBe('HALTED');
    controller.resume({ ...by, ...breakout });
    expect(ask().trading_state).toBe('REDUCING');
  });

  test('an open position keeps its parameters and hears of it', () => {
    const controller = open();
    const opened = controller.decide({ ...breakout, features: {}, positionId: 'p' });
    controller.kill({ ...by, state: 'HALTED' });
    expect(controller.decide({ ...breakout, features: {}, positionId: 'p' })).toMatchObject({
      decision_id: opened.decision_id,
      params: opened.params,
      trading_state: 'HALTED',
      reason: 'position',
    });
  });

  test('a poll after it does not get the decision of before', () => {
    const controller = open();
    const before = controller.decide({ ...breakout, features: {} });
    controller.kill({ ...by, state: 'HALTED' });
    const after = controller.decide({ ...breakout, features: {} });
    expect(after.decision_id).not.toBe(before.decision_id);
    expect(controller.decide({ ...breakout, features: {} }).decision_id).toBe(after.decision_id);
  });

  test('another process sees it with its next decision', () => {
    const path = newPath();
    const [one, two] = [open({ path }), open({ path })];
    const ask = asker(two);
    ask();
    one.kill({ ...by, state: 'HALTED' });
    expect(ask().trading_state).toBe('HALTED');
  });
});

describe('protections', () => {
  const drawdown = { max_share: 0.1, lock_minutes: 60, kill_share: 0.2 };
  const equity = (value: number) => ({ equity: value, currency: 'USDT' });

  test('drawdown: locks for its time, then kills; what it is made of is shown', () => {
    const time = testClock();
    const controller = open({ clock: time.clock, schemas: guarded({ protections: { drawdown } }) });
    const ask = asker(controller);
    controller.reportEquity(equity(1000));
    expect(controller.reportEquity(equity(901)).drawdown).toBeCloseTo(0.099, 12);
    expect(ask().reason).not.toContain('lock');
    controller.reportEquity(equity(900));
    expect(ask()).toMatchObject({
      reason: 'lock:drawdown',
      preset_id: 'conservative',
      trading_state: 'ACTIVE',
    });
    expect(controller.standing().locks[0]?.reason).toBe(
      'equity 900 USDT is 10.0 % below its peak 1000; 10.0 % is allowed',
    );
    time.forward(60 * minute);
    expect(ask().reason).not.toContain('lock');
    controller.reportEquity(equity(800));
    expect(ask()).toMatchObject({ reason: 'kill', trading_state: 'HALTED' });
    controller.resume({ ...by, strategy: 'momentum_breakout' });
    expect(controller.standing().equities[0]).toMatchObject({ peak: 800, drawdown: 0 });
    refusal(() => controller.reportEquity({ equity: 1, currency: 'EUR' }), 'Conflict');
    refusal(() => controller.reportEquity(equity(Number.NaN)), 'InvalidData');
  });

  test('unlocking forgives the drawdown, once, and goes to the audit log', () => {
    const controller = open({ schemas: guarded({ protections: { drawdown } }) });
    controller.reportEquity(equity(1000));
    controller.reportEquity(equity(850));
    const lock = controller.standing().locks[0]!;
    controller.unlock({ ...by, lockId: lock.id });
    refusal(() => controller.unlock({ ...by, lockId: lock.id }), 'UnknownLock');
    controller.reportEquity(equity(849));
    expect(controller.standing().locks).toEqual([]);
    expect(controller.audit({ limit: 5 }).map(({ action }) => action)).toEqual(['unlock', 'lock']);
  });

  describe('of two strategies that an account is shared by', () => {
    const trend = loadStrategySchemas().get('trend_following') as StrategySchema;
    const limited = (one: StrategySchema, share: number): [string, StrategySchema] => [
      one.strategy,
      {
        ...one,
        guardrails: { ...quiet, protections: { drawdown: { max_share: share, lock_minutes: 60 } } },
      },
    ];
    /** The breakout may lose 5 %, the trend 10 %. */
    const shared = (path = newPath()) =>
      open({ path, schemas: new Map([limited(schema, 0.05), limited(trend, 0.1)]) });
    const lockedBy = (controller: ReturnType<typeof open>) =>
      controller
        .standing()
        .locks.map(({ target }) => target)
        .sort();

    test('one is forgiven, the limit of the other counts from the peak that there was', () => {
      const path = newPath();
      const before = shared(path);
      for (const value of [100, 94]) before.reportEquity(equity(value));
      expect(lockedBy(before)).toEqual(['momentum_breakout']);
      before.unlock({ ...by, lockId: before.standing().locks[0]!.id });
      before.close();
      const controller = shared(path);
      const view = controller.reportEquity(equity(89.5));
      expect(view.drawdown).toBeCloseTo(0.105, 12);
      expect(view.forgiven).toEqual([
        { target: 'momentum_breakout', peak: 94, drawdown: expect.closeTo(4.5 / 94, 12) },
      ]);
      expect(lockedBy(controller)).toEqual(['trend_following']);
      expect(asker(controller, { ...breakout, strategy: 'trend_following' })().reason).toBe('lock:drawdown');
      expect(asker(controller)().reason).not.toContain('lock');
      controller.reportEquity(equity(89.3));
      expect(lockedBy(controller)).toEqual(['momentum_breakout', 'trend_following']);
      expect(
        controller.standing().locks.find(({ target }) => target === 'momentum_breakout')?.reason,
      ).toContain('below its peak 94');
    });

    test('a resumed kill forgives its own strategy only', () => {
      const killed = (one: StrategySchema, share: number): [string, StrategySchema] => {
        const [name, edited] = limited(one, share);
        const protections = { drawdown: { max_share: share, lock_minutes: 60, kill_share: share } };
        return [name, { ...edited, guardrails: { ...quiet, protections } }];
      };
      const controller = open({ schemas: new Map([killed(schema, 0.05), killed(trend, 0.1)]) });
      for (const value of [100, 94]) controller.reportEquity(equity(value));
      controller.resume({ ...by, strategy: 'momentum_breakout' });
      controller.reportEquity(equity(90));
      expect(controller.standing().trading_states.map(({ target }) => target)).toEqual(['trend_following']);
    });

    test('a lock of one instrument forgives nothing of the account', () => {
      const controller = shared();
      controller.reportEquity({ ...equity(50), ...breakout });
      controller.reportEquity({ ...equity(40), ...breakout });
      controller.reportEquity(equity(100));
      controller.reportEquity(equity(96));
      controller.unlock({ ...by, lockId: controller.standing().locks[0]!.id });
      controller.reportEquity(equity(94));
      expect(lockedBy(controller)).toEqual(['momentum_breakout']);
      const [own, account] = ['momentum_breakout:BTCUSDT', '*'].map((target) =>
        controller.standing().equities.find((one) => one.target === target),
      );
      expect([own?.peak, account?.peak]).toEqual([40, 100]);
    });

    test('the peak of the account starts again when all were forgiven, and one forgiven follows a new peak', () => {
      const controller = shared();
      const account = () => controller.standing().equities[0];
      const unlockAll = () => {
        for (const { id } of controller.standing().locks) controller.unlock({ ...by, lockId: id });
      };
      for (const value of [100, 94]) controller.reportEquity(equity(value));
      unlockAll();
      controller.reportEquity(equity(96));
      expect(account()?.forgiven).toEqual([{ target: 'momentum_breakout', peak: 96, drawdown: 0 }]);
      controller.reportEquity(equity(90));
      unlockAll();
      expect(account()).toMatchObject({ peak: 90, drawdown: 0, forgiven: [] });
      controller.reportEquity(equity(89));
      expect(lockedBy(controller)).toEqual([]);
    });
  });

  test('consecutive losses and low profit lock for their time, and the same losses do not lock twice', () => {
    const time = testClock();
    const protections = {
      consecutive_losses: { count: 3, lock_minutes: 10 },
      low_profit: { outcomes: 5, min_mean: -0.1, lock_minutes: 10 },
    };
    const controller = open({ clock: time.clock, schemas: guarded({ protections }) });
    const ask = asker(controller);
    const lose = (reward: number) => {
      time.forward(1000);
      const { preset_id: presetId, decision_id: decisionId } = ask();
      controller.learn({ ...breakout, presetId, decisionId, reward });
    };
    for (const reward of [-1, 1, -1, -1]) lose(reward);
    expect(controller.standing().locks).toEqual([]);
    lose(-1);
    expect(controller.standing().locks.map(({ protection }) => protection)).toEqual([
      'consecutive_losses',
      'low_profit',
    ]);
    time.forward(10 * minute);
    lose(-1);
    expect(controller.standing().locks).toEqual([]);
  });

  test('stale or missing market data and model lock until they are fresh again', () => {
    const time = testClock();
    const protections = {
      stale_market: { max_candles: 3 },
      stale_model: { max_age_hours: 1, missing: true },
    };
    const controller = open({ clock: time.clock, schemas: guarded({ protections }) });
    let asked = 0;
    const ask = (market?: { candlesTo: number | null; trainedTo: number | null }) => {
      asked += 1;
      return controller.decide({
        ...breakout,
        features: { vol: asked },
        ...(market ? { market: { ...market, timeframeMs: minute } } : {}),
      }).reason;
    };
    const now = time.clock();
    expect(ask()).toBe('lock:stale_model');
    expect(ask({ candlesTo: now, trainedTo: now })).not.toContain('lock');
    expect(ask({ candlesTo: now - 4 * minute, trainedTo: now })).toBe('lock:stale_market');
    expect(ask({ candlesTo: null, trainedTo: now })).toBe('lock:stale_market');
    expect(ask({ candlesTo: now, trainedTo: now - 61 * minute })).toBe('lock:stale_model');
    expect(ask({ candlesTo: now, trainedTo: now })).not.toContain('lock');
    expect(controller.audit({ limit: 50 }).filter(({ action }) => action === 'lock')).toHaveLength(3);
  });
});

describe('a model that is missing', () => {
  const candlesTo = testClock().clock();
  const fresh = { candlesTo, timeframeMs: minute };

  test('by the bundled schemas: the safe default until the first one serves, and why; not where no candles are followed', () => {
    const time = testClock();
    const controller = open({ clock: time.clock });
    let asked = 0;
    const ask = (market: object) => {
      asked += 1;
      return controller.decide({ ...breakout, features: { vol: asked * 1e-7 }, ...market });
    };
    expect(ask({ market: { ...fresh, trainedTo: null } })).toMatchObject({
      reason: 'lock:stale_model',
      params: schema.presets[schema.safe_default],
    });
    expect(controller.standing().locks[0]?.reason).toBe('no model serves this instrument');
    expect(ask({ market: { ...fresh, trainedTo: candlesTo } }).reason).toBe('sampled');
    const unfollowed = { ...breakout, instrument: 'XRPUSDT', features: {} };
    expect(controller.decide(unfollowed).reason).toBe('sampled');
  });

  test('locks nothing where a schema says so', () => {
    const stale_model = { max_age_hours: 1, missing: false };
    const controller = open({ clock: () => candlesTo, schemas: guarded({ protections: { stale_model } }) });
    const market = { ...fresh, trainedTo: null };
    expect(controller.decide({ ...breakout, features: {}, market }).reason).toBe('sampled');
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

describe('corrections', () => {
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

describe('evaluation', () => {
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
