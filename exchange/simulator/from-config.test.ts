import { afterEach, expect, test } from 'vitest';
import { simulatorFromConfig } from './from-config.ts';

const candles = new URL('../../../shared/data/candles/', import.meta.url).pathname;
const hour = 3_600_000;

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});
const start = async (settings: Parameters<typeof simulatorFromConfig>[0]) => {
  const simulator = await simulatorFromConfig(settings);
  running.push(simulator);
  return simulator;
};
const lastOpen = async (url: string, query: string): Promise<number> => {
  const rows = (await (await fetch(`${url}/api/v3/klines?${query}`)).json()) as [number][];
  return rows.at(-1)?.[0] ?? 0;
};

test('a replay stands still at its end; SIM_UNTIL stops it earlier and it can be advanced to the end', async () => {
  const simulator = await start({ simReplay: candles, simUntil: '2024-01-01', anchorMs: 0, timeframe: '1h' });
  const query = 'symbol=SOLUSDT&interval=1h&limit=1';
  expect(await lastOpen(simulator.url, query)).toBe(Date.UTC(2024, 0, 1));
  const advanced = await fetch(`${simulator.url}/__sim/clock`, {
    method: 'POST',
    body: '{"advanceTo":"end"}',
  });
  expect(await advanced.json()).toMatchObject({ nowMs: 1_719_792_000_000, speed: 0 });
  expect(await lastOpen(simulator.url, query)).toBe(1_719_792_000_000 - hour);
  expect(simulator.rejected).toEqual([]);
});

test('synthetic candles are live, of the symbols that are configured', async () => {
  const anchorMs = Date.now() - 5 * 60_000;
  const simulator = await start({ anchorMs, symbols: ['SOL/USDT'], timeframe: '1m' });
  const live = await lastOpen(simulator.url, 'symbol=SOLUSDT&interval=1m');
  expect(Math.abs(live - Date.now())).toBeLessThan(120_000);
  expect(simulator.clock.speed).toBe(1);
  expect(simulator.source.firstMs).toBe(anchorMs - (anchorMs % 60_000) - 20_160 * 60_000);
});
