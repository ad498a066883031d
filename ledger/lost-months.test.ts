/** A month of the archive that is altered or gone is never taken for one that never was. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seriesKey } from '../series.ts';
import { archive, correct, nextVersion, processWaiting, type There } from './archive.fixture.ts';
import { archivePath } from './archive-files.ts';
import { newestCandles, readWindow } from './candle-store.ts';
import { commandPoints } from './command-points.fixture.ts';
import { isLedgerError, type LedgerError } from './errors.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, Crash, crashAt, genesisMs, hourMs, land, run1 } from './ledger.fixture.ts';
import { putMonthAside } from './month-aside.ts';
import { beginLineage } from './take-back.ts';

const january = 31 * 24;
const at = (hour: number): number => genesisMs + hour * hourMs;
const pathOf = ({ dataDir }: There, month = '2024-01') => archivePath(dataDir, btc, month);
const monthsIn = ({ dataDir }: There) => readdirSync(join(dataDir, 'archive/binance/BTC-USDT/1h')).sort();
const csvsIn = ({ dataDir }: There) =>
  readdirSync(join(dataDir, 'incoming'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.csv'),
  );
const window = (there: There) => readWindow({ ...there, series: btc }).openTimeMs;
/** As number of the first and the last candle. */
const gapsOf = ({ ledger }: There) =>
  ledger.gaps(btc).map(({ fromMs, toMs }) => [(fromMs - genesisMs) / hourMs, (toMs - genesisMs) / hourMs]);

/** Trained on and archived: all of January and 56 hours of February, a file each. */
const archived = (options: Parameters<typeof archive>[1] = {}): There => {
  const there = openFresh();
  land(there, { from: 0, count: january });
  land(there, { from: january, count: 56 });
  processWaiting(there);
  archive(there, options);
  return there;
};

const ways = [
  ['altered', 'CandleFileCorrupt', (path: string) => writeFileSync(path, `${readFileSync(path, 'utf8')}\n`)],
  ['gone', 'CandleFileMissing', (path: string) => rmSync(path)],
] as const;

const refused = (work: () => unknown): LedgerError => {
  try {
    work();
  } catch (error) {
    if (isLedgerError(error)) return error;
    throw error;
  }
  return expect.fail('it was not refused');
};

/** As an activity does when it meets the error. */
const putAside = (there: There, work: () => unknown = () => window(there)): void =>
  putMonthAside(there.ledger, refused(work).month!);

test.each(ways)(
  'a month that is %s is refused by whoever reads it, and written over by nobody',
  (_, code, spoil) => {
    const there = archived();
    spoil(pathOf(there));
    const named = { code, month: { series: btc, month: '2024-01' } };
    expect(refused(() => window(there))).toMatchObject(named);
    expect(refused(() => newestCandles({ ...there, series: btc, count: 60 }))).toMatchObject(named);
    const lineage = { ...there, landing: 'incoming', series: btc, actor: 'ann', reason: 'anew' };
    expect(refused(() => beginLineage(lineage))).toMatchObject(named);
    correct(there, 5, 2, 7, 9_999);
    processWaiting(there);
    const before = existsSync(pathOf(there)) && readFileSync(pathOf(there), 'utf8');
    expect(refused(() => archive(there))).toMatchObject(named);
    expect(existsSync(pathOf(there)) && readFileSync(pathOf(there), 'utf8')).toEqual(before);
    expect(csvsIn(there)).toHaveLength(1);
    expect(there.ledger.gaps()).toEqual([]);
  },
);

test.each(ways)(
  'a month that is %s is put aside: its candles are gaps, and it is told once',
  (_, __, spoil) => {
    const there = archived();
    spoil(pathOf(there));
    const bad = refused(() => window(there)).month!;
    putMonthAside(there.ledger, bad);
    putMonthAside(there.ledger, bad);
    expect(gapsOf(there)).toEqual([[0, january - 1]]);
    expect(there.ledger.gaps()).toMatchObject([{ state: 'open', attempts: 0 }]);
    expect(there.ledger.alerts({ limit: 9 })).toMatchObject([
      {
        ...{ kind: 'quarantine', subject: seriesKey(btc), count: 1 },
        message: expect.stringContaining('has lost 2024-01'),
        detail: { lostFiles: 1, keptFiles: 0, missing: january },
      },
    ]);
    expect(there.ledger.auditTrail({ limit: 1 })).toMatchObject([{ action: 'month.quarantine' }]);
    expect(there.ledger.fileCounts()).toMatchObject({ quarantined: 1, deleted: 1 });
    expect(there.ledger.bars(btc)).toBe(56);
    expect(window(there)).toHaveLength(56);
    expect(archive(there)).toEqual({ archived: 0, deleted: 0, prunedMonths: [] });
  },
);

test('what was altered stays as evidence beside the month, and the archive goes on without it', () => {
  const there = archived();
  const altered = `${readFileSync(pathOf(there), 'utf8')}\n`;
  writeFileSync(pathOf(there), altered);
  putAside(there);
  const [evidence] = monthsIn(there).filter((name) => name.startsWith('2024-01.altered-'));
  expect(readFileSync(join(there.dataDir, 'archive/binance/BTC-USDT/1h', evidence!), 'utf8')).toBe(altered);
  correct(there, 5, 2, 7, 9_999);
  processWaiting(there);
  expect(archive(there)).toMatchObject({ archived: 1, deleted: 1 });
  expect(window(there)).toHaveLength(58);
});

test('a month of which nothing is read any more is found to be gone all the same', () => {
  const there = archived();
  rmSync(pathOf(there));
  expect(refused(() => archive(there))).toMatchObject({ code: 'CandleFileMissing' });
});

test('CSVs that were kept are current again, and are not removed before a sound month has their candles', () => {
  const there = archived({ deleteAfterProcess: false });
  correct(there, 3, 1, 7, 9_999);
  processWaiting(there);
  archive(there, { deleteAfterProcess: false });
  const before = newestCandles({ ...there, series: btc, count: 2_000 });
  rmSync(pathOf(there));
  expect(refused(() => archive(there))).toMatchObject({ code: 'CandleFileMissing' });
  expect(csvsIn(there)).toHaveLength(3);
  putAside(there);
  expect(there.ledger.gaps()).toEqual([]);
  expect(newestCandles({ ...there, series: btc, count: 2_000 })).toEqual(before);
  expect(archive(there)).toMatchObject({ archived: 3, deleted: 3 });
  expect(csvsIn(there)).toEqual([]);
  expect(newestCandles({ ...there, series: btc, count: 2_000 })).toEqual(before);
});

test('a month that is altered keeps the CSVs that were to go', () => {
  const there = archived({ deleteAfterProcess: false });
  writeFileSync(pathOf(there), 'nothing');
  expect(refused(() => archive(there))).toMatchObject({ code: 'CandleFileCorrupt' });
  expect(csvsIn(there)).toHaveLength(2);
});

test('what a file outside the archive has is no gap, nor what the exchange removed, nor a gap that is one already', () => {
  const there = openFresh();
  land(there, { from: 0, count: 10 });
  there.ledger.advanceWatermark(btc, at(10), at(12));
  land(there, { from: 12, count: january });
  const change = (hour: number, kind: 'removed' | 'rewritten', fetchedAt: number) => {
    const fileId = `correction-${hour}`;
    there.ledger.recordComparison({
      ...{ series: btc, expectedRevision: there.ledger.revision(btc), given: [], missing: [] },
      cover: { fromMs: at(hour), toMs: at(hour) },
      correction: {
        file: {
          ...{ ...btc, fileId, sha256: fileId, kind: 'corrections', path: `incoming/${fileId}.csv` },
          ...{ tStart: at(hour), tEnd: at(hour), bars: 1, sizeBytes: 1, fetchedAt },
        },
        changes: [{ openTimeMs: at(hour), kind, before: Float64Array.of(1, 1, 1, 1, 1) }],
      },
    });
    return fileId;
  };
  const { claimId } = there.ledger.claim({ ...run1, leaseMs: 1000, series: [seriesKey(btc)] });
  there.ledger.commitVersion({ ...run1, claimId, version: nextVersion(), dispositions: [] });
  archive(there);
  const removed = change(20, 'removed', 9_000);
  const { claimId: second } = there.ledger.claim({ ...run1, leaseMs: 1000, series: [seriesKey(btc)] });
  there.ledger.commitVersion({ ...run1, claimId: second, version: nextVersion(), dispositions: [] });
  there.ledger.markArchived([removed]);
  there.ledger.markDeleted([removed]);
  change(30, 'rewritten', 9_001);
  there.ledger.loseMonth({ series: btc, month: '2024-01', reason: 'gone' });
  expect(gapsOf(there)).toEqual([
    [0, 9],
    [10, 11],
    [12, 19],
    [21, 29],
    [31, january - 1],
  ]);
});

test('candles whose rows were folded are gaps too', () => {
  const there = archived();
  there.clock.now += 10;
  there.ledger.compactRows({ olderThanMs: 1, limit: 9 });
  expect(there.ledger.files({ limit: 9 })).toEqual([]);
  rmSync(pathOf(there));
  putAside(there);
  expect(gapsOf(there)).toEqual([[0, january - 1]]);
});

test.each(commandPoints('lost-month'))(
  'after a crash at %s the month is one that is gone, and the next reader puts it aside',
  (point) => {
    const there = archived();
    writeFileSync(pathOf(there), 'nothing');
    const { month } = refused(() => window(there));
    expect(() => putMonthAside(there.ledger, month!, crashAt(point))).toThrow(Crash);
    expect(there.ledger.gaps()).toEqual([]);
    expect(refused(() => window(there)).code).toBe('CandleFileMissing');
    putAside(there);
    expect(gapsOf(there)).toEqual([[0, january - 1]]);
  },
);

test('a month that was restored or replaced before it could be put aside stays', () => {
  const there = archived();
  const good = readFileSync(pathOf(there));
  rmSync(pathOf(there));
  const { month } = refused(() => window(there));
  writeFileSync(pathOf(there), good);
  putMonthAside(there.ledger, month!);
  expect(there.ledger.gaps()).toEqual([]);
  expect(window(there)).toHaveLength(january + 56);
});

test('a crash between forgetting an old month and removing its file is no loss: the next pass removes it', () => {
  const there = openFresh();
  for (let from = 0; from < 2400; from += 600) land(there, { from, count: 600 });
  processWaiting(there);
  const ledger = {
    ...there.ledger,
    forgetMonth: (...args: Parameters<typeof there.ledger.forgetMonth>) => {
      there.ledger.forgetMonth(...args);
      throw new Crash('forgotten');
    },
  };
  expect(() => archive({ ...there, ledger }, { archiveDays: 35 })).toThrow(Crash);
  expect(monthsIn(there)).toHaveLength(4);
  expect(window(there)).toHaveLength(2400);
  expect(archive(there, { archiveDays: 35 }).prunedMonths).toEqual(['2024-01', '2024-02']);
  expect(monthsIn(there)).toEqual(['2024-03.csv', '2024-04.csv']);
  const removed = crashAt('month:removed');
  expect(() => archive(there, { archiveDays: 5, crash: removed })).toThrow(Crash);
  expect(window(there)).toHaveLength(2400 - (31 + 29 + 31) * 24);
});
