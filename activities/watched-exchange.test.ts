import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it, onTestFinished } from 'vitest';
import { createCcxtExchange } from '../exchange/ccxt.ts';
import { createClock } from '../exchange/simulator/clock.ts';
import { startSimulator } from '../exchange/simulator/server.ts';
import { openFresh } from '../ledger/fresh.fixture.ts';
import { parseSeries } from '../series.ts';
import { anchorMs, market } from '../tests/support/candles.ts';
import { watchedExchange } from './watched-exchange.ts';

const workflowExecution = { workflowId: 'ingest:binance:BTC-USDT:1m', runId: 'run-1' };

it('a region that is blocked and a symbol that is unknown are told once each, and when it is over; the clock is read', async () => {
  const simulator = await startSimulator({ source: market, clock: createClock({ startMs: anchorMs }) });
  onTestFinished(() => simulator.close());
  const { ledger } = openFresh();
  const ccxt = await createCcxtExchange({ id: 'binance', baseUrl: simulator.url });
  onTestFinished(() => ccxt.close());
  const exchange = watchedExchange(ccxt, ledger);
  const ask = (series: string) => {
    const options = { logger: new DefaultLogger('ERROR') };
    const request = { series: parseSeries(series), sinceMs: anchorMs - 600_000, limit: 100 };
    return new MockActivityEnvironment({ workflowExecution }, options).run(() =>
      exchange.fetchCandles(request),
    );
  };
  const told = () =>
    ledger
      .alerts({ limit: 9 })
      .reverse()
      .map(({ kind, subject, status }) => `${kind} ${subject} ${status}`);

  simulator.faults.add({ kind: 'restricted', path: '/klines', times: 2 });
  const btc = 'binance:BTC/USDT:1m';
  for (let attempt = 0; attempt < 2; attempt++)
    await expect(ask(btc)).rejects.toMatchObject({ kind: 'Restricted' });
  await expect(ask('binance:GONE/USDT:1m')).rejects.toMatchObject({ kind: 'BadSymbol' });
  expect(told()).toEqual([`exchange_restricted ${btc} firing`, 'unknown_symbol binance:GONE/USDT:1m firing']);
  expect(ledger.alerts({ limit: 1 })).toMatchObject([workflowExecution]);

  await ask(btc);
  expect(told().at(-1)).toBe(`exchange_restricted ${btc} resolved`);
  expect(ledger.conditions().map(({ kind }) => kind)).toEqual(['unknown_symbol']);
  const offset = ledger.reading('clock_offset_ms')!.value;
  expect(Math.abs(offset - (anchorMs - Date.now()))).toBeLessThan(60_000);
});
