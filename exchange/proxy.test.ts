import { afterEach, expect, it } from 'vitest';
import { loadConfig } from '../config.ts';
import { parseSeries } from '../series.ts';
import { connectExchange } from '../workers/deps.ts';
import { startProxy, type TestProxy } from './proxy.fixture.ts';
import { startSimulator } from './simulator/server.ts';
import { syntheticSource } from './simulator/synthetic.ts';

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.close();
});

const source = syntheticSource({ seed: 7, anchorMs: Date.UTC(2024, 0, 15) });
const page = { series: parseSeries('binance:BTC/USDT:1m'), sinceMs: source.firstMs, limit: 10 };

const start = async (proxyUrl: (proxy: TestProxy) => string) => {
  const simulator = await startSimulator({ source });
  const proxy = await startProxy();
  const config = loadConfig({ EXCHANGE_URL: simulator.url, EXCHANGE_PROXY: proxyUrl(proxy) });
  const exchange = await connectExchange(config);
  running.push(simulator, proxy, exchange);
  return { simulator, proxy, exchange };
};

it('with EXCHANGE_PROXY every request to the exchange goes through the proxy, with its credentials', async () => {
  const { simulator, proxy, exchange } = await start(({ url }) => url);
  expect((await exchange.fetchCandles(page)).candles).toHaveLength(10);
  const { host } = new URL(simulator.url);
  expect(proxy.asked.length).toBeGreaterThan(0);
  expect(proxy.asked.every((line) => line.includes(host))).toBe(true);
  const before = simulator.requests['/api/v3/klines'];
  await proxy.close();
  running.splice(running.indexOf(proxy), 1);
  await expect(exchange.fetchCandles(page)).rejects.toMatchObject({ kind: 'Unavailable' });
  expect(simulator.requests['/api/v3/klines']).toBe(before);
});

it('a proxy that refuses is an exchange out of reach, and its password is in no message', async () => {
  const { exchange, simulator } = await start(({ url }) => url.replace('pass%20word', 'not-the-pass'));
  const error = (await exchange.fetchCandles(page).catch((cause: unknown) => cause)) as Error;
  expect(error).toMatchObject({ kind: 'Unavailable' });
  expect(`${error.message} ${String(error.cause)}`).not.toContain('not-the-pass');
  expect(simulator.requests).toEqual({});
});
