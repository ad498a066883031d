import { and, between, eq, gt, gte, isNotNull, lte, ne, notInArray, or } from 'drizzle-orm';
import { type Series, seriesKey, timeframesMs } from '../series.ts';
import { quarantinedIn } from './correction-rows.ts';
import type { Reader, Writer } from './database.ts';
import { inSeries, type NewFile, seriesOfFile } from './file-rows.ts';
import { gapsWithin, openGaps } from './gaps.ts';
import { corrections, files } from './schema/files.ts';
import { candlesIn, type OpenTimes, without } from './spans.ts';

/** Of a file that is current no more. */
export type LostFile = NewFile & { readonly archivedAt?: number | null };

const rangeOf = (lost: readonly LostFile[]): OpenTimes => ({
  fromMs: lost.reduce((least, { tStart }) => Math.min(least, tStart), Number.POSITIVE_INFINITY),
  toMs: lost.reduce((most, { tEnd }) => Math.max(most, tEnd), 0),
});

const oneEach = (times: readonly { readonly openTimeMs: number }[]): OpenTimes[] =>
  times.map(({ openTimeMs }) => ({ fromMs: openTimeMs, toMs: openTimeMs }));

/** What it held. A correction file says so row by row; what it removed was nobody's candle. */
const heldBy = (db: Reader, { kind, fileId, tStart, tEnd }: LostFile): OpenTimes[] => {
  if (kind === 'candles') return [{ fromMs: tStart, toMs: tEnd }];
  const isCandle = and(eq(corrections.fileId, fileId), ne(corrections.change, 'removed'));
  return oneEach(db.select({ openTimeMs: corrections.openTimeMs }).from(corrections).where(isCandle).all());
};

/** Without its holes, where the gaps of its series tell all of them; else nobody knows which candles it holds. */
const coverOf = (
  db: Reader,
  series: Series,
  { tStart, tEnd, bars }: Pick<NewFile, 'tStart' | 'tEnd' | 'bars'>,
): OpenTimes[] => {
  const step = timeframesMs[series.timeframe];
  const whole = { fromMs: tStart, toMs: tEnd };
  if (candlesIn(whole, step) === bars) return [whole];
  const parts = without([whole], gapsWithin(db, series, whole), step);
  return parts.reduce((sum, part) => sum + candlesIn(part, step), 0) === bars ? parts : [];
};

/** Where other files still have a copy, in a CSV or in the archive. */
const copiesIn = (db: Reader, series: Series, range: OpenTimes): OpenTimes[] => {
  const { fromMs, toMs } = range;
  const others = db
    .select({ tStart: files.tStart, tEnd: files.tEnd, bars: files.bars })
    .from(files)
    .where(
      and(
        inSeries(series),
        or(ne(files.status, 'quarantined'), isNotNull(files.archivedAt)),
        ne(files.kind, 'corrections'),
        and(gte(files.tEnd, fromMs), lte(files.tStart, toMs)),
      ),
    )
    .all();
  const corrected = db
    .select({ openTimeMs: corrections.openTimeMs })
    .from(corrections)
    .where(
      and(
        eq(corrections.series, seriesKey(series)),
        between(corrections.openTimeMs, fromMs, toMs),
        notInArray(corrections.fileId, quarantinedIn(db, series)),
      ),
    )
    .all();
  return [...others.flatMap((file) => coverOf(db, series, file)), ...oneEach(corrected)];
};

const recordOfSeries = (tx: Writer, series: Series, lost: readonly LostFile[], now: number): void => {
  const range = rangeOf(lost);
  const known = gapsWithin(tx, series, range).filter(({ state }) => state !== 'filled');
  const spans = lost.flatMap((file) => heldBy(tx, file));
  const covered = [...copiesIn(tx, series, range), ...known];
  openGaps(tx, series, without(spans, covered, timeframesMs[series.timeframe]), now);
};

/**
 * The candles of files that were just put aside and of which there is no other copy are gaps from now on: asked for again
 * as every gap is. What the archive has is not lost, nor what was restored from it.
 */
export const recordLostCopies = (tx: Writer, aside: readonly LostFile[], now: number): void => {
  const lost = aside.filter(({ kind, archivedAt }) => archivedAt == null && kind !== 'restored');
  const bySeries = new Map<string, LostFile[]>();
  for (const file of lost) {
    const key = seriesKey(seriesOfFile(file));
    bySeries.set(key, [...(bySeries.get(key) ?? []), file]);
  }
  for (const mine of bySeries.values()) recordOfSeries(tx, seriesOfFile(mine[0]!), mine, now);
};

/** Schema version from which on every file that was put aside left its gaps. */
const recordedSince = 13;

/** What was put aside before that. A file from outside in which nothing is certain has no range, and begins at 0. */
export const recordEarlierLosses = (tx: Writer, schemaVersion: number, now: number): void => {
  if (schemaVersion >= recordedSince) return;
  const hasRange = and(eq(files.status, 'quarantined'), gt(files.tStart, 0));
  recordLostCopies(tx, tx.select().from(files).where(hasRange).all(), now);
};
