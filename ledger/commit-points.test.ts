import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commits, crashPoints } from './crash-points.ts';
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

test('every method of the ledger that writes is a commit of the table, and each other one only reads', () => {
  // Opened without points, whose wrappers would hide the methods.
  const plain = openLedger({ path: join(freshDir(), 'ledger.sqlite'), domain: 'production' });
  const sources = Object.entries(plain).map(([name, method]) => ({ name, source: method.toString() }));
  plain.close();
  const calling = (call: RegExp): string[] =>
    sources.filter(({ source }) => call.test(source)).map(({ name }) => name);
  const writing = calling(/\bwrite\(/);
  expect(writing.filter((name) => !(name in commits))).toEqual([]);
  // A method that did neither could write by a way that this test does not see; `close` ends the connection.
  const seen = new Set([...writing, ...calling(/\bread\(/), 'close']);
  expect(sources.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
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
  expect(passed).toEqual(['exclusively:uncommitted', 'exclusively:committed']);
  passed.length = 0;
  there.ledger.claim(claim);
  expect(passed).toEqual(['claim:uncommitted', 'claim:committed']);
});
