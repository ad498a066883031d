import { and, count, desc, eq, gte, isNull, lt, lte, ne, or, sql } from 'drizzle-orm';
import { type Series, seriesKey, timeframesMs } from '../series.ts';
import type { Reader, Store, Writer } from './database.ts';
import { answersOfAnOutage, retryWaitMs } from './gap-retries.ts';
import { gaps } from './schema/files.ts';
import { candlesIn, type OpenTimes, timesIn, without } from './spans.ts';
import { splitGap } from './split-gap.ts';

/** Candles that the exchange did not give, or whose only copy was put aside; `fromMs` and `toMs` are the open times of the first and the last of them. */
export interface Gap {
  /** The series' key. */
  readonly series: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly missing: number;
}

export type GapRow = typeof gaps.$inferSelect;

export const recordGaps = (tx: Writer, found: readonly Gap[], now: number): void => {
  const nextRetryAt = now + retryWaitMs(0);
  for (const { series, fromMs, toMs, missing } of found) {
    tx.insert(gaps)
      .values({ series, fromMs, toMs, missing, foundAt: now, nextRetryAt })
      .onConflictDoNothing()
      .run();
  }
};

const isGap = ({ series, fromMs, toMs }: Gap) =>
  and(eq(gaps.series, series), eq(gaps.fromMs, fromMs), eq(gaps.toMs, toMs));

/** Open ones whose time has come; those that an older ledger recorded without a time are due at once. */
const isDue = (now: number) =>
  and(eq(gaps.state, 'open'), or(isNull(gaps.nextRetryAt), lte(gaps.nextRetryAt, now)));

const dueGaps = (db: Reader, series: Series, now: number): GapRow[] =>
  db
    .select()
    .from(gaps)
    .where(and(eq(gaps.series, seriesKey(series)), isDue(now)))
    .orderBy(gaps.nextRetryAt, gaps.fromMs)
    .all();

/** Asked for once more; `answered`: the exchange gave candles on both sides of the gap, and none inside. */
const retried = (tx: Writer, gap: GapRow, answered: boolean, now: number): void => {
  const attempts = gap.attempts + 1;
  const answers = gap.answers + (answered ? 1 : 0);
  const isOutage = answers >= answersOfAnOutage;
  tx.update(gaps)
    .set({
      ...{ attempts, answers, lastTriedAt: now },
      state: isOutage ? 'outage' : 'open',
      nextRetryAt: isOutage ? null : now + retryWaitMs(attempts),
    })
    .where(isGap(gap))
    .run();
};

/** Every due gap that lies inside the answer, and got no candle by it. */
export const recordAnsweredGaps = (
  tx: Writer,
  series: Series,
  cover: { readonly fromMs: number; readonly toMs: number },
  now: number,
): void => {
  const inside = dueGaps(tx, series, now).filter(
    ({ fromMs, toMs }) => fromMs > cover.fromMs && toMs < cover.toMs,
  );
  for (const gap of inside) retried(tx, gap, true, now);
};

/** Those that reach into the range, filled ones too. */
export const gapsWithin = (db: Reader, series: Series, { fromMs, toMs }: OpenTimes): GapRow[] =>
  db
    .select()
    .from(gaps)
    .where(and(eq(gaps.series, seriesKey(series)), gte(gaps.toMs, fromMs), lte(gaps.fromMs, toMs)))
    .all();

/** A part of a filled gap is none any more: what remains of it stays filled. */
const unfill = (tx: Writer, gap: GapRow, spans: readonly OpenTimes[], stepMs: number): void => {
  tx.delete(gaps).where(isGap(gap)).run();
  for (const part of without([gap], spans, stepMs))
    tx.insert(gaps)
      .values({ ...gap, ...part, missing: candlesIn(part, stepMs) })
      .run();
};

/** Candles that were there are missing from now on. None of the spans reaches into a gap that still is one. */
export const openGaps = (tx: Writer, series: Series, spans: readonly OpenTimes[], now: number): void => {
  const stepMs = timeframesMs[series.timeframe];
  for (const span of spans) {
    for (const gap of gapsWithin(tx, series, span)) unfill(tx, gap, [span], stepMs);
    const missing = candlesIn(span, stepMs);
    recordGaps(tx, [{ series: seriesKey(series), ...span, missing }], now);
  }
};

const touched = (db: Reader, series: Series, times: readonly number[]) => {
  const sorted = Float64Array.from(times).sort();
  const range = { fromMs: sorted[0] ?? 0, toMs: sorted.at(-1) ?? -1 };
  return gapsWithin(db, series, range)
    .filter(({ state }) => state !== 'filled')
    .map((gap) => ({ gap, came: timesIn(sorted, gap) }))
    .filter(({ came }) => came.length > 0);
};

/** Candles came where a gap was: that part of it is filled, what remains goes on as it was. */
export const fillGaps = (tx: Writer, series: Series, times: readonly number[], now: number): void => {
  const step = timeframesMs[series.timeframe];
  for (const { gap, came } of touched(tx, series, times)) {
    const { filled, remaining } = splitGap(gap, came, step);
    tx.delete(gaps).where(isGap(gap)).run();
    const closed = { ...gap, state: 'filled', nextRetryAt: null, filledAt: now } as const;
    for (const span of filled)
      tx.insert(gaps)
        .values({ ...closed, ...span })
        .run();
    for (const span of remaining)
      tx.insert(gaps)
        .values({ ...gap, ...span })
        .run();
  }
};

const missingGaps = (db: Reader, series?: Series, limit = -1): GapRow[] =>
  db
    .select()
    .from(gaps)
    .where(and(series && eq(gaps.series, seriesKey(series)), ne(gaps.state, 'filled')))
    .orderBy(gaps.series, gaps.fromMs)
    .limit(limit)
    .all();

/** A part of the gaps. */
export interface GapsWanted {
  readonly series?: Series;
  /** Without those that were filled since. */
  readonly areMissing?: boolean;
  /** Those that reach into the range, both ends included; without a bound to that side. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Those that begin at or after it; with a series nothing older is looked at. */
  readonly sinceMs?: number;
  readonly limit: number;
}

const newest = (db: Reader, { series, areMissing, fromMs, toMs, sinceMs, limit }: GapsWanted): GapRow[] =>
  db
    .select()
    .from(gaps)
    .where(
      and(
        series && eq(gaps.series, seriesKey(series)),
        areMissing ? ne(gaps.state, 'filled') : undefined,
        fromMs === undefined ? undefined : gte(gaps.toMs, fromMs),
        toMs === undefined ? undefined : lte(gaps.fromMs, toMs),
        sinceMs === undefined ? undefined : gte(gaps.fromMs, sinceMs),
      ),
    )
    .orderBy(desc(gaps.fromMs))
    .limit(limit)
    .all();

export interface GapTotal {
  readonly series: string;
  readonly gaps: number;
  /** Candles. */
  readonly missing: number;
}

const totals = (db: Reader): GapTotal[] =>
  db
    .select({ series: gaps.series, gaps: count(), missing: sql<number>`sum(${gaps.missing})` })
    .from(gaps)
    .where(ne(gaps.state, 'filled'))
    .groupBy(gaps.series)
    .all();

const tried = (tx: Writer, gap: Gap, isAnswered: boolean, now: number): void => {
  const row = tx.select().from(gaps).where(isGap(gap)).get();
  if (row?.state === 'open') retried(tx, row, isAnswered, now);
};

const stopAsking = (tx: Writer, series: Series, beforeMs: number): void => {
  tx.update(gaps)
    .set({ nextRetryAt: null })
    .where(and(eq(gaps.series, seriesKey(series)), eq(gaps.state, 'open'), lt(gaps.toMs, beforeMs)))
    .run();
};

export const gapStore = ({ read, write, now }: Store) => ({
  /** All gaps that still are ones, or those of one series, in order of time. */
  gaps: (series?: Series): GapRow[] => read((db) => missingGaps(db, series)),

  /** Of those that still are ones. */
  oldestGap: (series: Series): GapRow | undefined => read((db) => missingGaps(db, series, 1)[0]),

  /** The newest by their first candle, newest first. */
  newestGaps: (wanted: GapsWanted): GapRow[] => read((db) => newest(db, wanted)),

  /** Of each series with gaps that still are ones. */
  gapTotals: (): GapTotal[] => read(totals),

  /** Open gaps that shall be asked for now, the one that waits longest first. */
  dueGaps: (series: Series): GapRow[] => read((db) => dueGaps(db, series, now())),

  /** It was asked for, and no comparison has counted that; without an answer it stays open, however often. */
  gapTried: (gap: Gap, { isAnswered }: { readonly isAnswered: boolean }): void =>
    write((tx) => tried(tx, gap, isAnswered, now())),

  /** Open gaps that end before this time have no next try: what came would be pruned at once. */
  stopAsking: (series: Series, beforeMs: number): void => write((tx) => stopAsking(tx, series, beforeMs)),
});
