import { expect, it } from 'vitest';
import { parseSeries } from '../series.ts';
import { appWith, btc } from './app.fixture.ts';
import { findSeries } from './symbols.ts';

const { app } = appWith();

const ask = async (path: string, series: string) => {
  const answer = await app.request(`${path}?series=${encodeURIComponent(series)}`);
  return { status: answer.status, body: (await answer.json()) as unknown };
};

const routes = ['/chart', '/ledger/gaps', '/ledger/corrections'];

it.each(routes)('%s names the series that there are when it is asked for another one', async (path) => {
  for (const series of ['DOGE/USDT', 'kraken:BTC/USDT:1h', 'BTC'])
    expect(await ask(path, series)).toEqual({
      status: 404,
      body: {
        detail: `no series "${series}"; there are ${btc}, binance:ETH/USDT:1h`,
        code: 'UnknownSymbol',
      },
    });
});

it.each(routes)('%s knows a series however it is spelt', async (path) => {
  for (const series of [btc, 'binance:btc/usdt:1h', 'BTC/USDT', 'btcusdt', 'BTC-USDT'])
    expect(await ask(path, series)).toMatchObject({ status: 200 });
});

it.each(['/ledger/gaps', '/ledger/corrections'])('%s passes on which part is wanted', async (path) => {
  const wanted: unknown[] = [];
  const note = (part: unknown) => {
    wanted.push(part);
    return [];
  };
  const { ledger } = appWith().deps;
  const noting = appWith({ ledger: { ...ledger, newestGaps: note, corrections: note } }).app;
  for (const query of ['series=BTCUSDT&from=3600000&to=7200000&limit=5', 'from=1', ''])
    expect((await noting.request(`${path}?${query}`)).status).toBe(200);
  expect((await noting.request(`${path}?from=yesterday`)).status).toBe(422);
  expect(wanted).toEqual([
    { series: parseSeries(btc), fromMs: 3_600_000, toMs: 7_200_000, limit: 5 },
    { fromMs: 1, limit: 100 },
    { limit: 100 },
  ]);
});

it('of several series of a symbol the configured one is meant, else the first', () => {
  const keys = ['binance:BTC/USDT:1m', btc];
  const configured = [{ exchange: 'binance', symbol: 'BTC/USDT', timeframe: '1h' }] as const;
  expect(findSeries(keys, 'BTCUSDT', configured)).toBe(btc);
  expect(findSeries(keys, 'BTCUSDT', [])).toBe('binance:BTC/USDT:1m');
  expect(findSeries(keys, 'binance:btc/usdt:1m', configured)).toBe('binance:BTC/USDT:1m');
});
