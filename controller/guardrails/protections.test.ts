import { describe, expect, test } from 'vitest';
import { loadStrategySchemas } from '../../strategy_schemas/load.ts';
import type { StrategySchema } from '../../strategy_schemas/schema.ts';
import { breakout, newPath, open, refusal, testClock } from '../controller.fixture.ts';
import { asker, by, guarded, minute, quiet, schema } from './guarded.fixture.ts';

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
