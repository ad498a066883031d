import { join } from 'node:path';
import { expect, test } from 'vitest';
import { crashPoints } from './crash-points.ts';
import { freshDir } from './fresh.fixture.ts';
import { btc, Crash, genesisMs, land, run1 } from './ledger.fixture.ts';
import { openLedger } from './open.ts';

const openWatched = (crash: (point: string) => void) => {
  const dataDir = freshDir();
  return {
    dataDir,
    ledger: openLedger({ path: join(dataDir, 'ledger.sqlite'), domain: 'production', crash }),
  };
};

test('the table names each point once, and each commit of a worker or of the ledger is a method of the ledger', () => {
  const points = crashPoints.map(({ point }) => point);
  expect(new Set(points).size).toBe(points.length);
  const { ledger } = openWatched(() => {});
  const methods = crashPoints
    .filter(({ point, by }) => (by === 'worker' || by.startsWith('ledger')) && point.endsWith(':uncommitted'))
    .map(({ point }) => point.split(':')[0]);
  expect(Object.keys(ledger)).toEqual(expect.arrayContaining(methods));
});

test('what dies before its commit has changed nothing, what dies behind it has changed all', () => {
  let deadly = '';
  const there = openWatched((point) => {
    if (point === deadly) throw new Crash(point);
  });
  const landing = () => land(there, { from: 0, count: 3 });
  deadly = 'registerFile:uncommitted';
  expect(landing).toThrow(Crash);
  expect(there.ledger.watermark(btc)).toBe(genesisMs);
  deadly = 'registerFile:committed';
  expect(landing).toThrow(Crash);
  expect(there.ledger.watermark(btc)).toBeGreaterThan(genesisMs);
});

test('a write inside another one commits nothing by itself', () => {
  const passed: string[] = [];
  const there = openWatched((point) => passed.push(point));
  land(there, { from: 0, count: 3 });
  passed.length = 0;
  const claim = { ...run1, leaseMs: 1000, series: ['binance:BTC/USDT:1h'] };
  there.ledger.exclusively(() => there.ledger.claim(claim));
  expect(passed).toEqual([]);
  there.ledger.claim(claim);
  expect(passed).toEqual(['claim:uncommitted', 'claim:committed']);
});
