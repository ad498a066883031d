import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Candle } from '../../exchange/exchange.ts';
import { seriesKey } from '../../series.ts';
import { archive, processWaiting } from '../archive.fixture.ts';
import { archivePath } from '../archive-files.ts';
import { formatCandles, verifyAndRead } from '../candle-file.ts';
import { newestCandles } from '../candle-store.ts';
import { commandPoints } from '../command-points.fixture.ts';
import { openFresh } from '../fresh.fixture.ts';
import { btc, Crash, candles, crashAt, eth, genesisMs, hourMs, land } from '../ledger.fixture.ts';
import { putMonthAside } from '../month-aside.ts';
import { removeOrphans } from '../orphans.ts';
import { importAll } from './import-all.ts';
import type { ImportOptions } from './import-file.ts';
import type { ImportPlace } from './land.ts';

const at = (hour: number) => genesisMs + hour * hourMs;
const nowMs = at(100_000);
const usual: ImportOptions = { strict: false, overGap: false, dryRun: false, nowMs };

const setUp = () => {
  const there = openFresh();
  const outside = join(there.dataDir, 'outside');
  mkdirSync(outside);
  const place: ImportPlace = { ...there, landing: 'incoming', series: btc, actor: 'test' };
  const write = (name: string, content: string | Buffer) => {
    const path = join(outside, name);
    writeFileSync(path, content);
    utimesSync(path, nowMs / 1000, nowMs / 1000);
    return path;
  };
  const give = (
    paths: readonly string[],
    options: Partial<ImportOptions> = {},
    other: Partial<ImportPlace> = {},
  ) => importAll({ ...place, ...other }, paths, { ...usual, ...options });
  const stored = () => newestCandles({ ...there, series: btc, count: 100_000 });
  return { ...there, outside, write, give, stored, place };
};

const csv = (from: number, count: number, copy = 0) => formatCandles(candles(from, count, copy)).toString();
const csvsIn = (dataDir: string) =>
  readdirSync(join(dataDir, 'incoming'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.csv'),
  );

test('imported candles lie as ordinary files, one a month, with the decimals that they came with', () => {
  const there = setUp();
  const rows: Candle[] = candles(0, 1000).map(([time, open, high, low, close]) => [
    time,
    open,
    high,
    low,
    close,
    '0.1234567890123456789',
  ]);
  const [result] = there.give([there.write('a.csv', formatCandles(rows))]);
  expect(result).toMatchObject({
    outcome: 'imported',
    accepted: 1000,
    stored: 1000,
    files: 2,
    knownFiles: 0,
    refusedRows: 0,
  });
  const files = there.ledger.files({ limit: 10 });
  expect(files).toMatchObject([
    { status: 'downloaded', kind: 'candles', bars: 744, tStart: at(0), tEnd: at(743), fetchedAt: nowMs },
    { status: 'downloaded', kind: 'candles', bars: 256, tStart: at(744), tEnd: at(999), fetchedAt: nowMs },
  ]);
  for (const file of files) verifyAndRead(file, there.dataDir);
  expect(readFileSync(join(there.dataDir, files[0]!.path), 'utf8')).toContain(',0.1234567890123456789\n');
  expect(there.ledger.auditTrail({ limit: 1 })).toMatchObject([
    {
      action: 'candles.import',
      actor: 'test',
      subject: 'binance:BTC/USDT:1h',
      detail: { name: 'a.csv', candles: 1000 },
    },
  ]);
});

test('a repeated import stores nothing twice, and a longer one only what is new', () => {
  const there = setUp();
  const path = there.write('a.csv', csv(0, 744));
  there.give([path]);
  const before = [there.ledger.files({ limit: 10 }), there.ledger.auditTrail({ limit: 10 })];
  expect(there.give([path])).toMatchObject([
    { outcome: 'imported', accepted: 744, stored: 0, files: 0, knownFiles: 1 },
  ]);
  expect([there.ledger.files({ limit: 10 }), there.ledger.auditTrail({ limit: 10 })]).toEqual(before);
  expect(there.give([there.write('b.csv', csv(0, 800))])).toMatchObject([
    { stored: 56, files: 1, knownFiles: 1 },
  ]);
  expect(csvsIn(there.dataDir)).toHaveLength(2);
});

describe('an import of candles whose CSV is deleted', () => {
  /** All of January and 56 hours of February, trained on and archived. */
  const archived = () => {
    const there = setUp();
    const path = there.write('a.csv', csv(0, 800));
    there.give([path]);
    processWaiting(there);
    archive(there);
    return { ...there, path };
  };
  const month = ({ dataDir }: ReturnType<typeof archived>) => archivePath(dataDir, btc, '2024-01');
  const expectBack = (there: ReturnType<typeof archived>) => {
    expect(there.give([there.path])).toMatchObject([{ stored: 744, files: 1, knownFiles: 1 }]);
    expect(there.stored().openTimeMs).toHaveLength(800);
    expect(there.ledger.fileCounts()).toMatchObject({ processed: 1, deleted: 1, quarantined: 0 });
    expect(there.give([there.path])).toMatchObject([{ stored: 0, knownFiles: 2 }]);
    archive(there);
    expect(there.stored().openTimeMs).toHaveLength(800);
    expect(there.ledger.fileCounts()).toMatchObject({ processed: 0, deleted: 2 });
    expect(there.ledger.bars(btc)).toBe(800);
    expect(there.ledger.gaps()).toEqual([]);
  };

  test('knows those that the archive has', () => {
    const there = archived();
    expect(there.give([there.path])).toMatchObject([{ stored: 0, files: 0, knownFiles: 2 }]);
    expect(csvsIn(there.dataDir)).toEqual([]);
  });

  test('brings back those that the archive let go', () => {
    const there = archived();
    archive(there, { archiveDays: 2 });
    expect(there.stored().openTimeMs).toHaveLength(56);
    expectBack(there);
  });

  test('brings back those of a month that is gone, before and after it was put aside', () => {
    const there = archived();
    rmSync(month(there));
    expect(there.give([there.path])).toMatchObject([{ stored: 744 }]);
    const late = archived();
    rmSync(month(late));
    late.ledger.loseMonth({ series: btc, month: '2024-01', reason: 'gone' });
    expect(late.ledger.gapTotals()).toMatchObject([{ missing: 744 }]);
    expectBack(late);
  });

  test('brings back those of a month that is altered, which is put aside by the next pass', () => {
    const there = archived();
    writeFileSync(month(there), 'nothing');
    expect(there.give([there.path])).toMatchObject([{ stored: 744 }]);
    putMonthAside(there.ledger, { dataDir: there.dataDir, series: btc, month: '2024-01' });
    expect(there.ledger.gaps()).toEqual([]);
    expect(there.stored().openTimeMs).toHaveLength(800);
  });
});

describe('an import of candles that were put aside', () => {
  const damaged = () => {
    const there = setUp();
    const path = there.write('a.csv', csv(0, 800));
    there.give([path]);
    const [file] = there.ledger.files({ limit: 1 });
    return { ...there, path, file: file! };
  };
  const putAside = ({ ledger, dataDir, file }: ReturnType<typeof damaged>): void => {
    writeFileSync(join(dataDir, file.path), 'nothing');
    ledger.quarantine({ fileId: file.fileId, reason: 'differs from its hash' });
  };

  test('stores them again, as they were, with all attempts before them, and fills the gap', () => {
    const there = damaged();
    const { ledger, path, file } = there;
    putAside(there);
    expect(ledger.gapTotals()).toMatchObject([{ gaps: 1, missing: 744 }]);
    expect(there.stored().openTimeMs).toHaveLength(56);
    expect(there.give([path])).toMatchObject([{ stored: 744, files: 1, knownFiles: 1, watermark: at(800) }]);
    expect(ledger.file(file.fileId)).toEqual(file);
    expect(there.stored().openTimeMs).toHaveLength(800);
    expect(ledger.gaps()).toEqual([]);
    expect(there.give([path])).toMatchObject([{ stored: 0, knownFiles: 2 }]);
  });

  test('fills the gap also when they come in another file', () => {
    const there = damaged();
    putAside(there);
    expect(there.give([there.write('b.csv', csv(0, 700, 1))])).toMatchObject([{ stored: 700 }]);
    expect(there.ledger.gapTotals()).toMatchObject([{ gaps: 1, missing: 44 }]);
  });

  test('a crash before they are registered leaves them aside; the next import stores them', () => {
    const there = damaged();
    putAside(there);
    expect(() => there.give([there.path], {}, { crash: crashAt('import:unregistered') })).toThrow(Crash);
    expect(there.ledger.fileCounts()).toMatchObject({ quarantined: 1 });
    expect(there.ledger.gapTotals()).toMatchObject([{ missing: 744 }]);
    there.give([there.path]);
    expect(there.ledger.fileCounts()).toMatchObject({ downloaded: 2, quarantined: 0 });
  });

  test('of a file that was refused as a whole, and whose row says nothing of its candles, makes them gaps', () => {
    const there = setUp();
    there.give([there.write('a.csv', csv(0, 10))]);
    const ours = join(there.dataDir, there.ledger.files({ limit: 1 })[0]!.path);
    const path = there.write('b.csv', readFileSync(ours));
    const ethereum = { series: eth };
    expect(there.give([path], { asOfMs: at(0) }, ethereum)).toMatchObject([{ outcome: 'refused' }]);
    expect(there.give([path], {}, ethereum)).toMatchObject([{ stored: 0, files: 0, watermark: at(10) }]);
    expect(there.ledger.gapTotals()).toEqual([{ series: seriesKey(eth), gaps: 1, missing: 10 }]);
  });
});

describe('the watermark', () => {
  test('of a series that has none is where the import ends; gaps inside are recorded', () => {
    const there = setUp();
    const text = csv(0, 10) + csv(12, 5).split('\n').slice(1).join('\n');
    expect(there.give([there.write('a.csv', text)])).toMatchObject([
      { watermark: at(17), gaps: [{ missing: 2 }] },
    ]);
    expect(there.ledger.watermark(btc)).toBe(at(17));
    expect(there.ledger.gaps(btc)).toMatchObject([{ fromMs: at(10), toMs: at(11), missing: 2 }]);
  });

  test('stays where it is for older candles, and gaps in what lies behind are not recorded', () => {
    const there = setUp();
    land(there, { from: 100, count: 10 });
    const text = csv(0, 10) + csv(12, 5).split('\n').slice(1).join('\n');
    expect(there.give([there.write('a.csv', text)])).toMatchObject([
      { outcome: 'imported', watermark: at(110) },
    ]);
    expect(there.ledger.gaps(btc)).toEqual([]);
    expect(there.stored().openTimeMs).toHaveLength(25);
  });

  test('goes forward with candles that go on from it', () => {
    const there = setUp();
    land(there, { from: 0, count: 10 });
    expect(there.give([there.write('a.csv', csv(5, 20))])).toMatchObject([{ stored: 20, watermark: at(25) }]);
    expect(there.ledger.gaps(btc)).toEqual([]);
  });

  test('is not led over candles that nobody has: such a file is refused, and is no bad file', () => {
    const there = setUp();
    land(there, { from: 0, count: 10 });
    const path = there.write('a.csv', csv(12, 20));
    expect(there.give([path])).toMatchObject([
      { outcome: 'refused', stored: 0, reason: expect.stringMatching(/leave out the 2 candles/) },
    ]);
    expect(there.give([path], { dryRun: true })).toMatchObject([{ outcome: 'refused' }]);
    expect(there.ledger.fileCounts()).toMatchObject({ downloaded: 1, quarantined: 0 });
    expect(csvsIn(there.dataDir)).toHaveLength(1);
    expect(there.give([path], { overGap: true })).toMatchObject([{ outcome: 'imported', watermark: at(32) }]);
    expect(there.ledger.gaps(btc)).toMatchObject([{ fromMs: at(10), toMs: at(11), missing: 2 }]);
  });

  test('files of a folder that fill the hole go first, whatever their names are', () => {
    const there = setUp();
    land(there, { from: 0, count: 10 });
    const later = there.write('a.csv', csv(30, 20));
    const earlier = there.write('b.csv', csv(10, 20));
    expect(there.give([later, earlier])).toMatchObject([
      { file: 'a.csv', outcome: 'imported', watermark: at(50) },
      { file: 'b.csv', outcome: 'imported', watermark: at(30) },
    ]);
  });
});

test('of two copies of a candle the later fetched counts, whichever was imported later', () => {
  const there = setUp();
  land(there, { from: 0, count: 10, fetchedAt: nowMs });
  there.give([there.write('a.csv', csv(0, 10, 7))], { asOfMs: at(5000) });
  expect(there.stored().close[3]).toBe(100.3);
  there.give([there.write('b.csv', csv(0, 10, 8))], { nowMs: nowMs + 1000, asOfMs: nowMs + 1 });
  expect(there.stored().close[3]).toBe(108.3);
});

describe('the candle that was still forming', () => {
  const formed = (writtenMs: number, options: Partial<ImportOptions> = {}) => {
    const there = setUp();
    const path = there.write('a.csv', csv(0, 10));
    utimesSync(path, writtenMs / 1000, writtenMs / 1000);
    return there.give([path], options)[0]!;
  };

  test('is refused when the file was written before its end', () => {
    const found = formed(at(9) + hourMs / 2);
    expect(found).toMatchObject({
      accepted: 9,
      watermark: at(9),
      refused: [{ line: 11, reason: expect.stringMatching(/was still forming/) }],
    });
  });

  test('is taken when the file is younger, or when its time cannot be that of its rows', () => {
    expect(formed(at(10))).toMatchObject({ accepted: 10, refused: [] });
    expect(formed(at(8) + 1)).toMatchObject({ accepted: 10, refused: [] });
  });

  test('is refused by the time that is stated', () => {
    expect(formed(at(20), { asOfMs: at(9) + 1 })).toMatchObject({ accepted: 9 });
    expect(formed(at(9) + 1, { asOfMs: at(10) })).toMatchObject({ accepted: 10 });
  });
});

describe('bad files', () => {
  test('are listed as quarantined with their reason and their bytes, and never stop the others', () => {
    const there = setUp();
    const bad = there.write('bad.csv', 'time,price\n1,2\n');
    const worse = there.write('worse.csv.gz', Buffer.from([0x1f, 0x8b, 8, 0]));
    const rows = there.write('rows.csv', `timestamp,open,high,low,close,volume\n${at(1)},NaN,1,1,1,1\n`);
    const good = there.write('good.csv', csv(0, 10));
    const results = there.give([bad, worse, rows, good]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused', 'imported']);
    const listed = there.ledger.files({ status: 'quarantined', limit: 10 });
    expect(listed.map(({ quarantineReason }) => quarantineReason)).toEqual(
      results.slice(0, 3).map(({ reason }) => reason),
    );
    expect(results.slice(0, 3).map(({ quarantined }) => quarantined)).toEqual(
      listed.map(({ fileId }) => fileId),
    );
    expect(readFileSync(join(there.dataDir, listed[0]!.path), 'utf8')).toBe('time,price\n1,2\n');
    expect(there.ledger.bars(btc)).toBe(10);
    there.give([bad]);
    expect(there.ledger.fileCounts().quarantined).toBe(3);
    removeOrphans({ ...there, olderThanMs: 0 });
    expect(csvsIn(there.dataDir)).toHaveLength(4);
  });

  test('a row that is refused leaves the others in, unless all or none is wanted', () => {
    const there = setUp();
    const path = there.write('a.csv', csv(0, 10).replace('7.5', '-7.5'));
    expect(there.give([path], { strict: true })).toMatchObject([
      { outcome: 'refused', stored: 0, refusedRows: 1 },
    ]);
    expect(there.ledger.fileCounts()).toMatchObject({ downloaded: 0, quarantined: 0 });
    expect(there.give([path])).toMatchObject([{ outcome: 'imported', stored: 9, refused: [{ line: 2 }] }]);
  });

  test('a file that is named after another series is not read as this one', () => {
    const there = setUp();
    const paths = ['binance_ETHUSDT_1h.csv', 'binance_BTCUSDT_5m.csv', 'binance_BTCUSDT_1h_2024.csv'];
    const results = there.give(paths.map((name) => there.write(name, csv(0, 10))));
    expect(results.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'imported']);
    expect(there.ledger.fileCounts().quarantined).toBe(0);
  });

  test('what is no file at all is refused by its name', () => {
    const there = setUp();
    expect(there.give([there.outside, join(there.outside, 'nothing.csv')])).toMatchObject([
      { outcome: 'refused', reason: expect.stringMatching(/no plain file/) },
      { outcome: 'refused', reason: expect.stringMatching(/ENOENT/) },
    ]);
  });

  test('equal bytes of another series are another import', () => {
    const there = setUp();
    const path = there.write('a.csv', csv(0, 10));
    there.give([path]);
    expect(there.give([path], {}, { series: eth })).toMatchObject([{ stored: 10 }]);
  });

  test('a dry run writes nothing', () => {
    const there = setUp();
    const bad = there.write('bad.csv', 'x\n');
    const results = there.give([bad, there.write('a.csv', csv(0, 10))], { dryRun: true });
    expect(results).toMatchObject([{ outcome: 'refused' }, { outcome: 'imported', accepted: 10, stored: 0 }]);
    expect(there.ledger.files({ limit: 1 })).toEqual([]);
    expect(readdirSync(there.dataDir)).not.toContain('incoming');
  });
});

test.each(['file:written', 'file:renamed', 'file:synced', ...commandPoints('import')])(
  'a crash at %s leaves all or nothing, and the same import heals it',
  (point) => {
    for (const nth of point.startsWith('file') ? [1, 2] : [1]) {
      const there = setUp();
      const path = there.write('a.csv', csv(0, 1000));
      expect(() => there.give([path], {}, { crash: crashAt(point, nth) })).toThrow(Crash);
      const { downloaded } = there.ledger.fileCounts();
      expect(downloaded).toBe(point === 'import:registered' ? 2 : 0);
      expect(there.ledger.watermark(btc)).toBe(downloaded === 0 ? undefined : at(1000));
      there.give([path]);
      removeOrphans({ ...there, olderThanMs: 0 });
      expect(there.ledger.fileCounts().downloaded).toBe(2);
      expect(csvsIn(there.dataDir)).toHaveLength(2);
      expect(there.stored().openTimeMs).toHaveLength(1000);
    }
  },
);
