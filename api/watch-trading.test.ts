import { afterEach, expect, it } from 'vitest';
import { openFresh } from '../ledger/fresh.fixture.ts';
import { until } from '../tests/support/until.ts';
import { quiet } from './app.fixture.ts';
import { watchTrading } from './watch-trading.ts';

let stop: () => void = () => undefined;
afterEach(() => stop());

const halted = { target: 'momentum_breakout', state: 'HALTED', reason: 'drawdown', since: 5 };

it('a kill of trading is told once, a changed one goes on, and its end is told', async () => {
  const { ledger, path } = openFresh();
  let states: object[] = [];
  let asked = 0;
  const standing = (() => {
    asked += 1;
    return { trading_states: states, locks: [] };
  }) as never;
  ({ stop } = watchTrading({
    ...{ controller: { standing }, ledger: { path, domain: 'production' }, everyMs: 5, log: quiet },
  }));
  const told = () =>
    ledger
      .alerts({ limit: 9 })
      .map(({ kind, subject, status, severity }) => [kind, subject, status, severity]);
  const looks = async () => {
    const before = asked;
    await until('it looked again', () => asked > before + 2);
  };
  await looks();
  expect(told()).toEqual([]);

  states = [{ ...halted, actor: 'protection:drawdown' }];
  await until('it is told', () => told().length > 0);
  await looks();
  const firing = ['trading_killed', 'momentum_breakout', 'firing', 'critical'];
  expect(told()).toEqual([firing]);
  expect(ledger.alerts({ limit: 1 })[0]?.message).toBe(
    'trading of momentum_breakout is HALTED since 1970-01-01T00:00:00.005Z (by protection:drawdown): drawdown',
  );
  expect(ledger.conditions()).toMatchObject([{ kind: 'trading_killed', severity: 'critical' }]);

  states = [{ ...halted, actor: 'admin', reason: 'by hand' }];
  await looks();
  expect(told()).toEqual([firing]);

  states = [];
  await until('its end is told', () => told().length > 1);
  expect(told()[0]).toEqual(['trading_killed', 'momentum_breakout', 'resolved', 'info']);
  expect(ledger.conditions()).toEqual([]);
});
