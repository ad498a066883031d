import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { seriesKey } from '../../series.ts';
import { Sqlite } from '../../sqlite.ts';
import { formatCandles, verifyAndRead } from '../candle-file.ts';
import { newestCandles } from '../candle-store.ts';
import { commandPoints } from '../command-points.fixture.ts';
import { freshDir } from '../fresh.fixture.ts';
import { btc, candles, eth, hourMs, land, run1 } from '../ledger.fixture.ts';
import { type Ledger, openLedger } from '../open.ts';
import { removeOrphans } from '../orphans.ts';
import { at, backfilled, livedAt, makeOlder } from './older.fixture.ts';

const open = (path: string): Ledger => {
  const ledger = openLedger({ path, domain: 'production' });
  onTestFinished(() => ledger.close());
  return ledger;
};

const setUp = () => {
  const dataDir = freshDir();
  return { dataDir, ...makeOlder(dataDir) };
};

const rowsOf = (ledger: Ledger) => ledger.files({ limit: 1000 });
const done = (ledger: Ledger) =>
  ledger.auditTrail({ limit: 1000 }).filter(({ actor }) => actor === 'migration');
const dumpOf = (path: string) => {
  const db = new Sqlite(path, { readonly: true });
  try {
    return [
      db.prepare('SELECT * FROM files ORDER BY file_id').all(),
      db.prepare('SELECT * FROM watermarks').all(),
    ];
  } finally {
    db.close();
  }
};

/** Rows in every state, CSVs in every place. */
const everyState = () => {
  const there = setUp();
  there.file({
    from: 0,
    count: 100,
    status: 'deleted',
    createdAt: 1_700_000_000,
    processedAt: 1_700_000_100,
    deletedAt: 1_700_000_200,
    onDisk: false,
  });
  there.file({
    from: 100,
    count: 100,
    status: 'processed',
    createdAt: backfilled,
    processedAt: '2025-06-01 01:00:00',
  });
  there.file({ from: 200, count: 100, status: 'processing', createdAt: Date.parse('2025-06-01T00:00:00Z') });
  there.file({
    from: 300,
    count: 10,
    status: 'downloaded',
    createdAt: livedAt(309),
    path: 'incoming/live.csv',
  });
  there.file({
    from: 310,
    count: 1,
    status: 'downloaded',
    createdAt: livedAt(310),
    path: '/ml/incoming/binance/one.csv',
  });
  there.file({ from: 400, count: 5, status: 'failed', createdAt: null });
  there.file({ from: 500, count: 5, status: 'downloaded', createdAt: backfilled, onDisk: false });
  there.file({
    symbol: 'ETH/USDT',
    from: 300,
    count: 10,
    status: 'downloaded',
    createdAt: backfilled,
    fileId: 'eth',
    copy: 2,
  });
  there.watermark(`ingest:${seriesKey(btc)}`, at(310) + 1);
  there.watermark(`ingest:${seriesKey(eth)}`, at(309) + 1);
  there.watermark('train:last', 5);
  return there;
};

test('rows in every state are taken over, and none is lost', () => {
  const there = everyState();
  const before = dumpOf(there.manifest);
  there.db.close();
  const ledger = open(there.manifest);
  const told = rowsOf(ledger).map(
    ({ symbol, tStart, bars, status }) => `${symbol} ${(tStart - at(0)) / hourMs}+${bars} ${status}`,
  );
  expect(told.sort()).toEqual([
    'BTC/USDT 0+100 deleted',
    'BTC/USDT 100+100 processed',
    'BTC/USDT 200+100 downloaded',
    'BTC/USDT 300+9 downloaded',
    'BTC/USDT 310+1 deleted',
    'BTC/USDT 400+5 quarantined',
    'BTC/USDT 500+5 quarantined',
    'ETH/USDT 300+10 downloaded',
  ]);
  for (const row of rowsOf(ledger).filter(({ status }) => /downloaded|processed/.test(status))) {
    expect(verifyAndRead(row, there.dataDir).openTimeMs).toHaveLength(row.bars);
  }
  expect(dumpOf(`${there.manifest}.python-stack.bak`)).toEqual(before);
  expect(done(ledger)[0]).toMatchObject({ action: 'older.migrate', detail: { rows: 8 } });
  expect(done(ledger).filter(({ action }) => action === 'older.aside')).toMatchObject([
    { subject: 'train:last' },
  ]);
});

test('times keep their meaning in whatever form they were written', () => {
  const there = setUp();
  const forms = [
    1_700_000_000,
    1_700_000_000_000,
    1_700_000_000.0,
    '1700000000',
    '2023-11-14T22:13:20',
    '2023-11-14 22:13:20.000000',
    '2023-11-14T22:13:20+00:00',
    '2023-11-14T23:13:20+01:00',
    '2023-11-14T22:13:20Z',
  ];
  forms.forEach((createdAt, index) => {
    there.file({ from: index, count: 1, status: 'deleted', createdAt, deletedAt: createdAt, onDisk: false });
  });
  there.watermark(`ingest:${seriesKey(btc)}`, at(9) + 1);
  there.db.close();
  const rows = rowsOf(open(there.manifest));
  expect(rows).toHaveLength(forms.length);
  expect(new Set(rows.map(({ createdAt }) => createdAt))).toEqual(new Set([1_700_000_000_000]));
  expect(new Set(rows.map(({ deletedAt }) => deletedAt))).toEqual(new Set([1_700_000_000_000]));
});

describe('the watermark', () => {
  const started = (prepare: (there: ReturnType<typeof setUp>) => void) => {
    const there = setUp();
    prepare(there);
    there.db.close();
    return open(there.manifest).watermark(btc);
  };
  const name = `ingest:${seriesKey(btc)}`;

  test('is rounded up to the timeframe', () => {
    expect(started(({ watermark }) => watermark(name, at(9) + 1))).toBe(at(10));
    expect(started(({ watermark }) => watermark(name, at(9)))).toBe(at(9));
  });

  test('lets the last candle of each live file be asked for again', () => {
    const asked = started(({ watermark, file }) => {
      watermark(name, at(30) + 1);
      file({ from: 0, count: 10, status: 'downloaded', createdAt: livedAt(9) });
      file({ from: 10, count: 21, status: 'processing', createdAt: livedAt(30) });
    });
    expect(asked).toBe(at(9));
  });

  test('is there for a series that only has files, and lets what is missing come back', () => {
    const lost = started(({ watermark, file }) => {
      watermark(name, at(30) + 1);
      file({ from: 3, count: 10, status: 'downloaded', createdAt: livedAt(12), onDisk: false });
    });
    expect(lost).toBe(at(3));
    expect(
      started(({ watermark, file }) => {
        watermark('ingest:binance:ETH/USDT:1h', at(1) + 1);
        file({ from: 3, count: 10, status: 'downloaded', createdAt: livedAt(12) });
      }),
    ).toBe(at(12));
  });
});

test('a candle that was forming is in no file, and one that was closed stays', () => {
  const there = setUp();
  there.file({ from: 0, count: 10, status: 'downloaded', createdAt: livedAt(9) });
  there.file({ from: 20, count: 10, status: 'downloaded', createdAt: null });
  there.file({ from: 40, count: 10, status: 'processed', createdAt: at(49) + 2 * hourMs });
  there.watermark(`ingest:${seriesKey(btc)}`, at(49) + 1);
  there.db.close();
  const ledger = open(there.manifest);
  expect(rowsOf(ledger).map(({ bars }) => bars)).toEqual([9, 9, 10]);
});

test('ingest and training go on: what is asked again replaces what was stored, each candle once', () => {
  const there = everyState();
  there.db.close();
  const ledger = open(there.manifest);
  expect(ledger.watermark(btc)).toBe(at(199));
  const where = { ledger, dataDir: there.dataDir };
  land(where, { from: 199, count: 150, copy: 5, fetchedAt: Date.now() });
  expect(ledger.watermark(btc)).toBe(at(349));
  const claim = ledger.claim({ ...run1, leaseMs: 60_000, series: [seriesKey(btc)] });
  expect(claim.files.map(({ bars }) => bars)).toEqual([100, 9, 150]);
  const { openTimeMs, close } = newestCandles({ ...where, series: btc, count: 1000 });
  expect([...openTimeMs]).toEqual(Array.from({ length: 249 }, (_, index) => at(100 + index)));
  expect(close[openTimeMs.indexOf(at(310))]).toBe(105.31);
  removeOrphans({ ...where, olderThanMs: 0 });
  for (const row of claim.files) expect(existsSync(join(there.dataDir, row.path))).toBe(true);
});

test('equal bytes: once in a series, twice in two; what was learned stays learned', () => {
  const there = setUp();
  const twin = { from: 0, count: 5, createdAt: backfilled };
  there.file({ ...twin, status: 'downloaded', fileId: 'a', path: 'a.csv' });
  there.file({ ...twin, status: 'processed', fileId: 'b', path: 'b.csv' });
  there.file({ ...twin, status: 'downloaded', fileId: 'c', path: 'c.csv', symbol: 'ETHUSDT' });
  there.watermark(`ingest:${seriesKey(btc)}`, at(4) + 1);
  there.db.close();
  const ledger = open(there.manifest);
  expect(
    rowsOf(ledger)
      .map(({ symbol, status }) => `${symbol} ${status}`)
      .sort(),
  ).toEqual(['BTC/USDT processed', 'ETH/USDT downloaded']);
  expect(done(ledger).filter(({ action }) => action === 'older.merge')).toMatchObject([{ subject: 'a' }]);
});

test.each([
  ['a', 'b'],
  ['b', 'a'],
])(
  'files that become equal without their forming candle are one; it stays learned (ids %s, %s)',
  (learned, waits) => {
    const there = setUp();
    const live = { from: 0, count: 5, createdAt: livedAt(4) };
    const later = [...candles(0, 4), ...candles(4, 1, 1)];
    there.file({ ...live, status: 'processed', fileId: learned });
    there.file({
      ...live,
      status: 'downloaded',
      fileId: waits,
      copy: 1,
      text: formatCandles(later).toString(),
    });
    there.watermark(`ingest:${seriesKey(btc)}`, at(4) + 1);
    there.db.close();
    const ledger = open(there.manifest);
    expect(rowsOf(ledger)).toMatchObject([{ status: 'processed', bars: 4 }]);
    expect(ledger.watermark(btc)).toBe(at(4));
    expect(done(ledger).filter(({ action }) => action === 'older.merge')).toMatchObject([{ subject: waits }]);
  },
);

test('bytes that changed, rows that are no candles and series that nobody knows are set aside with their reason', () => {
  const there = setUp();
  there.file({ from: 0, count: 5, status: 'downloaded', createdAt: backfilled, sha256: 'f'.repeat(64) });
  there.file({
    from: 10,
    count: 5,
    status: 'downloaded',
    createdAt: backfilled,
    text: 'timestamp,open\n1,2\n',
  });
  there.file({ from: 20, count: 5, status: 'downloaded', createdAt: backfilled, timeframe: '7h', copy: 3 });
  there.watermark(`ingest:${seriesKey(btc)}`, at(4) + 1);
  there.db.close();
  const ledger = open(there.manifest);
  expect(rowsOf(ledger).map(({ quarantineReason }) => quarantineReason)).toEqual([
    expect.stringContaining('differ from their hash'),
    expect.stringContaining('no column for'),
  ]);
  for (const { path } of rowsOf(ledger)) expect(existsSync(join(there.dataDir, path))).toBe(true);
  expect(done(ledger).filter(({ action }) => action === 'older.aside')).toMatchObject([
    { detail: { row: { timeframe: '7h' } } },
  ]);
});

test('CSVs as pandas wrote them are read and stored in our form', () => {
  const there = setUp();
  const text = `timestamp,open,high,low,close,volume\r\n2024-01-01 00:00:00,1e-05,2.0,1e-05,1.50,7\r\n`;
  there.file({ from: 0, count: 1, status: 'downloaded', createdAt: backfilled, text });
  there.watermark(`ingest:${seriesKey(btc)}`, at(0) + 1);
  there.db.close();
  const [row] = rowsOf(open(there.manifest));
  expect(readFileSync(join(there.dataDir, row!.path), 'utf8')).toBe(
    `timestamp,open,high,low,close,volume\n${at(0)},0.00001,2,0.00001,1.5,7\n`,
  );
});

test('CSVs are found where they are now', () => {
  const there = setUp();
  there.file({ from: 0, count: 5, status: 'downloaded', createdAt: backfilled });
  there.watermark(`ingest:${seriesKey(btc)}`, at(4) + 1);
  there.db.close();
  const moved = `${there.dataDir}-moved`;
  renameSync(there.dataDir, moved);
  onTestFinished(() => renameSync(moved, there.dataDir));
  const ledger = openLedger({ path: join(moved, 'manifest.sqlite'), domain: 'production' });
  expect(rowsOf(ledger)).toMatchObject([{ status: 'downloaded', bars: 5 }]);
  ledger.close();
});

test('opened a second time it is a ledger, and nothing is done again', () => {
  const there = everyState();
  there.db.close();
  openLedger({ path: there.manifest, domain: 'production' }).close();
  const backup = readFileSync(`${there.manifest}.python-stack.bak`);
  const ledger = open(there.manifest);
  expect(done(ledger).filter(({ action }) => action === 'older.migrate')).toHaveLength(1);
  expect(readFileSync(`${there.manifest}.python-stack.bak`)).toEqual(backup);
});

test.each([
  ['without the columns', 'CREATE TABLE files (id INTEGER, name TEXT)'],
  [
    'with tables of ours',
    'CREATE TABLE files (file_id, path, symbol, timeframe, t_start, t_end, sha256, size_bytes, status, created_at, processed_at, deleted_at); CREATE TABLE claims (x)',
  ],
])('a database %s is refused and left as it is', (_, statements) => {
  const path = join(freshDir(), 'manifest.sqlite');
  const db = new Sqlite(path);
  db.exec(statements);
  db.close();
  expect(() => openLedger({ path, domain: 'production' })).toThrow(
    expect.objectContaining({ code: 'Conflict' }),
  );
  expect(existsSync(`${path}.python-stack.bak`)).toBe(false);
});

test('a reader does not migrate', () => {
  const there = everyState();
  there.db.close();
  expect(() => openLedger({ path: there.manifest, domain: 'production', readonly: true })).toThrow(
    /worker makes it/,
  );
});

const kill = (path: string, point: string): void => {
  const script = new URL('./killed.fixture.ts', import.meta.url).pathname;
  try {
    execFileSync(process.execPath, ['--import', 'tsx', script, path, point], { stdio: 'pipe' });
  } catch (error) {
    if ((error as { signal?: string }).signal === 'SIGKILL') return;
    throw error;
  }
  throw new Error(`nobody passed ${point}`);
};

test.each(['file:renamed', ...commandPoints('older')])(
  'killed at %s it opens again whole',
  (point) => {
    const there = everyState();
    const before = dumpOf(there.manifest);
    there.db.close();
    kill(there.manifest, point);
    const ledger = open(there.manifest);
    expect(rowsOf(ledger)).toHaveLength(8);
    expect(ledger.watermark(btc)).toBe(at(199));
    expect(done(ledger).filter(({ action }) => action === 'older.migrate')).toHaveLength(1);
    expect(dumpOf(`${there.manifest}.python-stack.bak`)).toEqual(before);
    removeOrphans({ ledger, dataDir: there.dataDir, olderThanMs: 0 });
    expect(readdirSync(there.dataDir).filter((name) => name.startsWith('.tmp-'))).toEqual([]);
  },
  60_000,
);
