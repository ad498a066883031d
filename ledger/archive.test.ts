import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seriesKey } from '../series.ts';
import { archive, correct, nextVersion, processWaiting, type There } from './archive.fixture.ts';
import { formatCandles, parseCandles } from './candle-file.ts';
import { newestCandles, readWindow } from './candle-store.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, candle, candles, genesisMs, hourMs, land, run1 } from './ledger.fixture.ts';

const closes = (there: There) => [...readWindow({ ...there, series: btc }).close];
const csvs = ({ dataDir }: There) =>
  readdirSync(join(dataDir, 'incoming'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.csv'),
  );
const months = ({ dataDir }: There) => readdirSync(join(dataDir, 'archive/binance/BTC-USDT/1h')).sort();

test('processed candles move into one file a month, byte for byte, and their CSVs go', () => {
  const there = openFresh();
  for (let from = 0; from < 1000; from += 250) land(there, { from, count: 250 });
  processWaiting(there);
  expect(archive(there)).toEqual({ archived: 4, deleted: 4, prunedMonths: [] });
  expect(months(there)).toEqual(['2024-01.csv', '2024-02.csv']);
  const january = readFileSync(join(there.dataDir, 'archive/binance/BTC-USDT/1h/2024-01.csv'));
  expect(january).toEqual(formatCandles(candles(0, 31 * 24)));
  expect(csvs(there)).toEqual([]);
  expect(there.ledger.fileCounts()).toMatchObject({ deleted: 4, processed: 0 });
  expect(closes(there)).toHaveLength(1000);
  expect(archive(there)).toEqual({ archived: 0, deleted: 0, prunedMonths: [] });
  expect(there.ledger.bars(btc)).toBe(1000);
});

test('without DELETE_AFTER_PROCESS the CSVs stay, and go when it is switched on', () => {
  const there = openFresh();
  land(there, { from: 0, count: 5 });
  processWaiting(there);
  expect(archive(there, { deleteAfterProcess: false })).toMatchObject({ archived: 1, deleted: 0 });
  expect(csvs(there)).toHaveLength(1);
  expect(archive(there)).toMatchObject({ archived: 0, deleted: 1 });
  expect(csvs(there)).toEqual([]);
});

test('months beyond ARCHIVE_DAYS before the newest candle are removed, no others', () => {
  const there = openFresh();
  for (let from = 0; from < 2400; from += 600) land(there, { from, count: 600 });
  processWaiting(there);
  expect(archive(there, { archiveDays: 35 }).prunedMonths).toEqual(['2024-01', '2024-02']);
  expect(months(there)).toEqual(['2024-03.csv', '2024-04.csv']);
});

test('the later fetched copy of a candle wins, whichever is archived first', () => {
  const there = openFresh();
  land(there, { from: 0, count: 4, fetchedAt: 10 });
  const { claimId } = there.ledger.claim({ ...run1, leaseMs: 1e6, series: [seriesKey(btc)] });
  correct(there, 1, 2, 7, 20);
  const wanted = [0, 1, 2, 3].map((at) => Number(candle(at, at === 1 || at === 2 ? 7 : 0)[4]));
  const late = { workflowId: 'retrain:late', runId: 'late' };
  const other = there.ledger.claim({ ...late, leaseMs: 1e6, series: [seriesKey(btc)] });
  there.ledger.commitVersion({
    ...late,
    claimId: other.claimId,
    version: nextVersion(),
    dispositions: [],
  });
  expect(archive(there).archived).toBe(0);
  there.ledger.commitVersion({ ...run1, claimId, version: nextVersion(), dispositions: [] });
  expect(closes(there)).toEqual(wanted);
  expect(archive(there).archived).toBe(2);
  expect(closes(there)).toEqual(wanted);
});

test('a correction wins also where the clock of the worker that fetched it was behind', () => {
  const there = openFresh();
  land(there, { from: 0, count: 3, fetchedAt: 1_000 });
  correct(there, 1, 1, 7, 5);
  processWaiting(there);
  expect(closes(there)).toEqual([0, 1, 2].map((at) => Number(candle(at, at === 1 ? 7 : 0)[4])));
  archive(there);
  expect(closes(there)[1]).toBe(Number(candle(1, 7)[4]));
});

test('a correction that is archived after the original replaces it there', () => {
  const there = openFresh();
  land(there, { from: 0, count: 3, fetchedAt: 10 });
  processWaiting(there);
  archive(there);
  correct(there, 1, 1, 7, 20);
  processWaiting(there);
  expect(archive(there)).toMatchObject({ archived: 1, deleted: 1 });
  expect(closes(there)).toEqual([0, 1, 2].map((at) => Number(candle(at, at === 1 ? 7 : 0)[4])));
});

test('a file whose candles are not in the archive is never marked as deleted', () => {
  const there = openFresh();
  const { fileId } = land(there, { from: 0, count: 3 });
  processWaiting(there);
  expect(there.ledger.markDeleted([fileId])).toBe(0);
  expect(there.ledger.file(fileId)?.status).toBe('processed');
});

test('the window holds the candles of its own claim, and of no other', () => {
  const there = openFresh();
  land(there, { from: 0, count: 3 });
  processWaiting(there);
  land(there, { from: 3, count: 2 });
  const { claimId } = there.ledger.claim({ ...run1, leaseMs: 1000, series: [seriesKey(btc)] });
  land(there, { from: 5, count: 2 });
  expect(readWindow({ ...there, series: btc }).openTimeMs).toHaveLength(3);
  expect(readWindow({ ...there, series: btc, claimId }).openTimeMs).toHaveLength(5);
  const fromMs = genesisMs + 2 * hourMs;
  expect([...readWindow({ ...there, series: btc, claimId, fromMs }).openTimeMs][0]).toBe(fromMs);
});

test('serving sees the newest candles wherever they are, and as many as there are', () => {
  const there = openFresh();
  land(there, { from: 0, count: 5 });
  processWaiting(there);
  archive(there);
  land(there, { from: 5, count: 5 });
  const newest = (count: number) => [...newestCandles({ ...there, series: btc, count }).openTimeMs];
  const hours = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => genesisMs + (from + i) * hourMs);
  expect(newest(3)).toEqual(hours(7, 10));
  expect(newest(8)).toEqual(hours(2, 10));
  expect(newest(50)).toEqual(hours(0, 10));
});

test('serving reaches past a gap', () => {
  const there = openFresh();
  land(there, { from: 0, count: 5 });
  there.ledger.advanceWatermark(btc, genesisMs + 5 * hourMs, genesisMs + 40 * hourMs);
  land(there, { from: 40, count: 2 });
  expect(newestCandles({ ...there, series: btc, count: 4 }).openTimeMs[0]).toBe(genesisMs + 3 * hourMs);
});

test('a reader whose file is archived under its hands reads again, and misses nothing', () => {
  const there = openFresh();
  land(there, { from: 0, count: 5 });
  processWaiting(there);
  let listed = 0;
  const ledger = {
    ...there.ledger,
    unarchivedFiles: (...args: Parameters<typeof there.ledger.unarchivedFiles>) => {
      const files = there.ledger.unarchivedFiles(...args);
      listed += 1;
      if (listed === 1) archive(there);
      return files;
    },
  };
  expect(readWindow({ ...there, ledger, series: btc }).openTimeMs).toHaveLength(5);
  expect(listed).toBe(2);
});

const spoilt = [
  ['gone', 'CandleFileMissing', (path: string) => rmSync(path)],
  ['altered', 'CandleFileCorrupt', (path: string) => writeFileSync(path, formatCandles(candles(0, 5, 1)))],
] as const;

test.each(spoilt)(
  'a registered CSV that is %s is an error that names it, and nothing is archived',
  (_, code, spoil) => {
    const there = openFresh();
    const { fileId, path } = land(there, { from: 0, count: 5 });
    processWaiting(there);
    spoil(join(there.dataDir, path));
    const named = expect.objectContaining({ code, fileId });
    expect(() => readWindow({ ...there, series: btc })).toThrow(named);
    expect(() => archive(there)).toThrow(named);
    expect(existsSync(join(there.dataDir, 'archive/binance'))).toBe(false);
    expect(there.ledger.fileCounts().processed).toBe(1);
  },
);

test('the archive reads back by the same strict reader', () => {
  const there = openFresh();
  land(there, { from: 0, count: 5 });
  processWaiting(there);
  archive(there);
  const path = join(there.dataDir, 'archive/binance/BTC-USDT/1h/2024-01.csv');
  expect(parseCandles(readFileSync(path), { path }).openTimeMs).toHaveLength(5);
});

test('an archived month that was altered is refused, whoever reads it, and never merged into', () => {
  const there = openFresh();
  land(there, { from: 0, count: 5 });
  processWaiting(there);
  archive(there);
  const path = join(there.dataDir, 'archive/binance/BTC-USDT/1h/2024-01.csv');
  const good = readFileSync(path, 'utf8');
  const altered = good.replace(/,(\d)/, (_, digit: string) => `,${(Number(digit) + 1) % 10}`);
  expect(altered).not.toBe(good);
  writeFileSync(path, altered);
  const refusal = expect.objectContaining({ code: 'CandleFileCorrupt' }) as Error;
  expect(() => closes(there)).toThrow(refusal);
  expect(() => newestCandles({ ...there, series: btc, count: 3 })).toThrow(refusal);
  land(there, { from: 5, count: 5 });
  processWaiting(there);
  expect(() => archive(there)).toThrow(refusal);
  expect(readFileSync(path, 'utf8')).toBe(altered);
  expect(csvs(there)).toHaveLength(1);
  writeFileSync(path, good);
  expect(archive(there)).toMatchObject({ archived: 1 });
  expect(closes(there)).toHaveLength(10);
});
