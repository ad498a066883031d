import { eq } from 'drizzle-orm';
import { type Series, seriesKey, timeframesMs } from '../series.ts';
import type { Reader, Store, Writer } from './database.ts';
import { LedgerError } from './errors.ts';
import { recordGaps } from './gaps.ts';
import { watermarks } from './schema/files.ts';

const prefix = 'ingest:';

const watermarkName = (series: Series): string => `${prefix}${seriesKey(series)}`;

export const storedWatermark = (db: Reader, series: Series): number | undefined =>
  db
    .select({ value: watermarks.value })
    .from(watermarks)
    .where(eq(watermarks.name, watermarkName(series)))
    .get()?.value;

/** Moves it forward and returns what is stored then; a smaller `next` changes nothing. */
export const moveForward = (tx: Writer, series: Series, next: number, now: number): number => {
  const stored = storedWatermark(tx, series);
  if (stored !== undefined && stored >= next) return stored;
  tx.insert(watermarks)
    .values({ name: watermarkName(series), value: next, updatedAt: now })
    .onConflictDoUpdate({ target: watermarks.name, set: { value: next, updatedAt: now } })
    .run();
  return next;
};

export const requireWatermark = (db: Reader, series: Series, expected: number): void => {
  const stored = storedWatermark(db, series);
  if (stored === expected) return;
  throw new LedgerError(
    'WatermarkMoved',
    `${seriesKey(series)}: the watermark is ${stored ?? 'not set'}, not ${expected}`,
  );
};

const startWatermark = (tx: Writer, series: Series, value: number, now: number): number =>
  storedWatermark(tx, series) ?? moveForward(tx, series, value, now);

interface Advance {
  readonly series: Series;
  readonly expected: number;
  readonly next: number;
}

/** The exchange answered the range [expected, next) without a candle: a gap. */
const advance = (tx: Writer, { series, expected, next }: Advance, now: number): number => {
  if (next <= expected)
    throw new RangeError(`a watermark only moves forward: ${next} is not after ${expected}`);
  if (storedWatermark(tx, series) === next) return next;
  requireWatermark(tx, series, expected);
  const step = timeframesMs[series.timeframe];
  const missing = Math.ceil((next - expected) / step);
  recordGaps(tx, [{ series: seriesKey(series), fromMs: expected, toMs: next - step, missing }], now);
  return moveForward(tx, series, next, now);
};

export const watermarkStore = ({ read, write, now }: Store) => ({
  /** Open time of the next candle to ask for. */
  watermark: (series: Series): number | undefined => read((db) => storedWatermark(db, series)),

  /** `series` is the series' key. */
  watermarks: (): { series: string; value: number; updatedAt: number }[] =>
    read((db) => db.select().from(watermarks).orderBy(watermarks.name).all()).map(
      ({ name, value, updatedAt }) => ({ series: name.slice(prefix.length), value, updatedAt }),
    ),

  /** Sets the first watermark of a series, or returns the one that is there. */
  startWatermark: (series: Series, value: number): number =>
    write((tx) => startWatermark(tx, series, value, now())),

  /** For a range that was answered without candles: recorded as a gap. Repeating it is harmless. */
  advanceWatermark: (series: Series, expected: number, next: number): number =>
    write((tx) => advance(tx, { series, expected, next }, now())),
});
