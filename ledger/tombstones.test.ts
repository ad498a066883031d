import { expect, test } from 'vitest';
import { archive, correct, processWaiting } from './archive.fixture.ts';
import { isRemoved } from './candle-columns.ts';
import { joinLines, tombstone } from './candle-csv.ts';
import { parseCandles } from './candle-file.ts';
import { newestCandles, readWindow } from './candle-store.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, genesisMs, hourMs, land } from './ledger.fixture.ts';

const path = 'some.csv';
const hours = (...numbers: number[]): number[] => numbers.map((at) => genesisMs + at * hourMs);

test('a tombstone reads back as a row without values, and nothing else of that form does', () => {
  const bytes = joinLines([tombstone(genesisMs)]);
  expect(bytes.toString()).toBe(`timestamp,open,high,low,close,volume\n${genesisMs},,,,,\n`);
  const { openTimeMs, ohlcv } = parseCandles(bytes, { path });
  expect([...openTimeMs]).toEqual([genesisMs]);
  expect(isRemoved(ohlcv)).toBe(true);
  for (const cells of [',,,,', ',,,,,,', ',1,1,1,1,', ',NaN,NaN,NaN,NaN,NaN'])
    expect(() =>
      parseCandles(Buffer.from(`timestamp,open,high,low,close,volume\n1${cells}\n`), { path }),
    ).toThrow(expect.objectContaining({ code: 'CandleFileCorrupt' }));
});

test('a removed candle is in no window and never served, also when its file is archived after the tombstone came', () => {
  const there = openFresh();
  const stored = () => [...readWindow({ ...there, series: btc }).openTimeMs];
  const served = (count: number) => [...newestCandles({ ...there, series: btc, count }).openTimeMs];
  land(there, { from: 0, count: 5, fetchedAt: 10 });
  correct(there, 2, 1, 'removed', 20);
  expect(served(9)).toEqual(hours(0, 1, 3, 4));
  expect(served(3)).toEqual(hours(1, 3, 4));
  processWaiting(there);
  expect(stored()).toEqual(hours(0, 1, 3, 4));
  archive(there);
  land(there, { from: 5, count: 1, fetchedAt: 30 });
  processWaiting(there);
  archive(there);
  expect(stored()).toEqual(hours(0, 1, 3, 4, 5));
  expect(served(9)).toEqual(hours(0, 1, 3, 4, 5));
  correct(there, 2, 1, 1, 40);
  processWaiting(there);
  archive(there);
  expect(stored(), 'it came back').toEqual(hours(0, 1, 2, 3, 4, 5));
});
