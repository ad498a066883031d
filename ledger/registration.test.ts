import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { seriesKey } from '../series.ts';
import { Sqlite } from '../sqlite.ts';
import { openFresh } from './fresh.fixture.ts';
import { landCandles } from './landing.ts';
import { btc, Crash, candles, crashAt, eth, genesisMs, hourMs, land, run1 } from './ledger.fixture.ts';
import type { Ledger } from './open.ts';
import { removeOrphans } from './orphans.ts';

const at = (hour: number) => genesisMs + hour * hourMs;
const csvsIn = (dataDir: string): string[] =>
  existsSync(join(dataDir, 'incoming'))
    ? readdirSync(join(dataDir, 'incoming'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.csv'),
      )
    : [];
const pathsOf = (ledger: Ledger) => ledger.files({ limit: 10_000 }).map(({ path }) => path);

test('the same bytes of a series are stored once, and of two series twice', () => {
  const there = openFresh();
  expect(land(there, { from: 0, count: 3 }).registered).toBe(true);
  expect(land(there, { from: 0, count: 3 }).registered).toBe(false);
  expect(land(there, { series: eth, from: 0, count: 3 }).registered).toBe(true);
  expect(there.ledger.fileCounts().downloaded).toBe(2);
  expect(csvsIn(there.dataDir)).toHaveLength(2);
});

test('a duplicate moves the watermark over what it covers all the same', () => {
  const there = openFresh();
  const page = { ...there, landing: 'incoming', series: btc, candles: candles(0, 3), fetchedAt: 1, gaps: [] };
  there.ledger.startWatermark(btc, at(0));
  landCandles({ ...page, expectedWatermark: at(0), nextWatermark: at(3) });
  const again = landCandles({ ...page, expectedWatermark: at(0), nextWatermark: at(5) });
  expect(again).toMatchObject({ registered: false, watermark: at(5) });
});

test('the loser of two ingests changes nothing, and the file of the winner stays', () => {
  const there = openFresh();
  land(there, { from: 0, count: 3 });
  const before = there.ledger.files({ limit: 10 });
  expect(() => land(there, { from: 0, count: 2, copy: 1 })).toThrow(
    expect.objectContaining({ code: 'WatermarkMoved' }),
  );
  expect(there.ledger.files({ limit: 10 })).toEqual(before);
  removeOrphans({ ...there, olderThanMs: 0 });
  expect(csvsIn(there.dataDir)).toHaveLength(1);
  expect(existsSync(join(there.dataDir, before[0]?.path ?? ''))).toBe(true);
});

test('a watermark never moves back, not even by a statement past the code', () => {
  const { ledger } = openFresh();
  expect(ledger.startWatermark(btc, at(5))).toBe(at(5));
  expect(ledger.startWatermark(btc, at(1))).toBe(at(5));
  expect(() => ledger.advanceWatermark(btc, at(5), at(5))).toThrow(RangeError);
  expect(() => ledger.advanceWatermark(btc, at(4), at(6))).toThrow(
    expect.objectContaining({ code: 'WatermarkMoved' }),
  );
  expect(ledger.watermark(btc)).toBe(at(5));
});

test('a range without candles is a gap, recorded once however often it is reported', () => {
  const { ledger } = openFresh();
  ledger.startWatermark(btc, at(0));
  ledger.advanceWatermark(btc, at(0), at(4));
  ledger.advanceWatermark(btc, at(0), at(4));
  expect(ledger.gaps(btc)).toEqual([
    {
      ...{ series: 'binance:BTC/USDT:1h', fromMs: at(0), toMs: at(3), missing: 4, foundAt: 1_000_000 },
      ...{
        state: 'open',
        attempts: 0,
        answers: 0,
        lastTriedAt: null,
        nextRetryAt: 1_300_000,
        filledAt: null,
      },
    },
  ]);
  expect(ledger.gaps(eth)).toEqual([]);
});

test('gaps are counted by series, and the newest come first, as many as are asked for', () => {
  const { ledger } = openFresh();
  for (const series of [btc, eth]) ledger.startWatermark(series, at(0));
  ledger.advanceWatermark(btc, at(0), at(4));
  ledger.advanceWatermark(btc, at(4), at(6));
  ledger.advanceWatermark(eth, at(0), at(1));
  expect(ledger.gapTotals()).toEqual([
    { series: 'binance:BTC/USDT:1h', gaps: 2, missing: 6 },
    { series: 'binance:ETH/USDT:1h', gaps: 1, missing: 1 },
  ]);
  const starts = (wanted: Parameters<typeof ledger.newestGaps>[0]) =>
    ledger.newestGaps(wanted).map(({ fromMs }) => fromMs);
  expect(starts({ limit: 1 })).toEqual([at(4)]);
  expect(starts({ series: btc, areMissing: true, limit: 9 })).toEqual([at(4), at(0)]);
  expect(starts({ series: eth, limit: 9 })).toEqual([at(0)]);
  expect(starts({ series: btc, fromMs: at(4), limit: 9 })).toEqual([at(4)]);
  expect(starts({ series: btc, fromMs: at(3), toMs: at(4), limit: 9 }), 'they reach in').toEqual([
    at(4),
    at(0),
  ]);
  expect(starts({ toMs: at(3), limit: 9 })).toEqual([at(0), at(0)]);
  expect(starts({ fromMs: at(6), limit: 9 })).toEqual([]);
});

test('new gaps are found by the index, without a look at those from before', () => {
  const prepare = vi.spyOn(Sqlite.prototype, 'prepare');
  onTestFinished(() => prepare.mockRestore());
  const { ledger, path } = openFresh();
  ledger.startWatermark(btc, at(0));
  ledger.advanceWatermark(btc, at(0), at(4));
  ledger.advanceWatermark(btc, at(4), at(6));
  const wanted = { series: btc, areMissing: true, limit: 9 };
  expect(ledger.newestGaps({ ...wanted, sinceMs: at(4) }).map(({ fromMs }) => fromMs)).toEqual([at(4)]);
  expect(ledger.newestGaps({ ...wanted, sinceMs: at(5) })).toEqual([]);
  const sql = prepare.mock.calls.map(([text]) => text).findLast((text) => /from "gaps"/.test(text))!;
  const plan = new Sqlite(path, { readonly: true })
    .prepare<unknown[], { detail: string }>(`explain query plan ${sql}`)
    .all(...Array<number>(sql.split('?').length - 1).fill(1));
  expect(plan.map(({ detail }) => detail)).toEqual([
    expect.stringMatching(/^SEARCH gaps USING INDEX \S+ \(series=\? AND from_ms>\?\)$/),
  ]);
});

test('candles are counted from a time on, whatever became of their files', () => {
  const there = openFresh();
  land(there, { from: 0, count: 3 });
  land(there, { from: 3, count: 4 });
  land(there, { from: 7, count: 2 });
  const { ledger } = there;
  expect([0, 3, 7, 9].map((from) => ledger.barsFrom(btc, at(from)))).toEqual([9, 6, 2, 0]);
  expect(ledger.barsFrom(eth, at(0))).toBe(0);
  ledger.claim({ ...run1, leaseMs: 1_000, series: [seriesKey(btc)] });
  expect(ledger.fileCounts().processing).toBe(3);
  expect(ledger.barsFrom(btc, at(3))).toBe(6);
});

test('a file that went before its registration is not registered', () => {
  const there = openFresh();
  const crash = (point: string) => {
    if (point === 'file:unregistered') rmSync(join(there.dataDir, 'incoming'), { recursive: true });
  };
  expect(() => land(there, { from: 0, count: 3, crash })).toThrow(
    expect.objectContaining({ code: 'CandleFileMissing' }),
  );
  expect(there.ledger.watermark(btc)).toBe(at(0));
  expect(there.ledger.fileCounts().downloaded).toBe(0);
});

test('a watermark that does not cover its file is refused', () => {
  const there = openFresh();
  there.ledger.startWatermark(btc, at(0));
  const page = { ...there, landing: 'incoming', series: btc, candles: candles(0, 3), fetchedAt: 1, gaps: [] };
  expect(() => landCandles({ ...page, expectedWatermark: at(0), nextWatermark: at(2) })).toThrow(RangeError);
});

const crashPoints = [
  'file:unsynced',
  'file:written',
  'file:renamed',
  'file:synced',
  'file:unregistered',
  'file:registered',
] as const;

test.each(crashPoints)('a crash at %s leaves nothing or an orphan, and the next pass heals it', (point) => {
  const there = openFresh();
  expect(() => land(there, { from: 0, count: 3, crash: crashAt(point) })).toThrow(Crash);
  const stored = there.ledger.fileCounts().downloaded;
  expect(there.ledger.watermark(btc)).toBe(stored === 0 ? at(0) : at(3));
  land(there, { from: 0, count: 3 });
  removeOrphans({ ...there, olderThanMs: 0 });
  expect(csvsIn(there.dataDir).map((name) => join('incoming', name))).toEqual(pathsOf(there.ledger));
  expect(there.ledger.watermark(btc)).toBe(at(3));
});

const page = fc.record({
  count: fc.integer({ min: 1, max: 4 }),
  crash: fc.option(fc.constantFrom(...crashPoints), { nil: undefined }),
  retries: fc.integer({ min: 0, max: 2 }),
  janitor: fc.boolean(),
});

test('whatever crashes: every candle has one file, and the watermark is where the files end', () => {
  fc.assert(
    fc.property(fc.array(page, { minLength: 1, maxLength: 6 }), (pages) => {
      const there = openFresh();
      there.ledger.startWatermark(btc, at(0));
      for (const { count, crash, retries, janitor } of pages) {
        const from = ((there.ledger.watermark(btc) ?? 0) - at(0)) / hourMs;
        try {
          land(there, { from, count, ...(crash && { crash: crashAt(crash) }) });
        } catch (error) {
          if (!(error instanceof Crash)) throw error;
        }
        if (janitor) removeOrphans({ ...there, olderThanMs: 0 });
        for (let retry = 0; retry < retries; retry += 1) {
          if ((there.ledger.watermark(btc) ?? 0) === at(from)) land(there, { from, count });
        }
      }
      const files = there.ledger.files({ limit: 1000 });
      const covered = files.flatMap(({ tStart, bars }) =>
        Array.from({ length: bars }, (_, i) => tStart + i * hourMs),
      );
      const watermark = there.ledger.watermark(btc) ?? 0;
      expect(covered).toEqual(Array.from({ length: (watermark - at(0)) / hourMs }, (_, i) => at(i)));
      for (const { path } of files) expect(existsSync(join(there.dataDir, path))).toBe(true);
      removeOrphans({ ...there, olderThanMs: 0 });
      expect(csvsIn(there.dataDir)).toHaveLength(files.length);
      there.ledger.close();
    }),
    { numRuns: 60 },
  );
}, 60_000);
