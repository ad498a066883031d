import { and, eq, gt, ne } from 'drizzle-orm';
import { type Series, seriesKey, timeframesMs } from '../series.ts';
import { type Copies, copiesAnywhere, copiesIn, oneEach } from './copies.ts';
import type { Reader, Writer } from './database.ts';
import { type NewFile, seriesOfFile } from './file-rows.ts';
import { gapsWithin, openGaps } from './gaps.ts';
import { corrections, files } from './schema/files.ts';
import { candlesIn, type OpenTimes, without } from './spans.ts';

/** Of a file that is current no more. */
export type LostFile = NewFile & { readonly archivedAt?: number | null };

const rangeOf = (lost: readonly LostFile[]): OpenTimes => ({
  fromMs: lost.reduce((least, { tStart }) => Math.min(least, tStart), Number.POSITIVE_INFINITY),
  toMs: lost.reduce((most, { tEnd }) => Math.max(most, tEnd), 0),
});

/** What it held. A correction file says so row by row; what it removed was nobody's candle. */
export const heldBy = (db: Reader, { kind, fileId, tStart, tEnd }: LostFile): OpenTimes[] => {
  if (kind === 'candles') return [{ fromMs: tStart, toMs: tEnd }];
  const isCandle = and(eq(corrections.fileId, fileId), ne(corrections.change, 'removed'));
  return oneEach(db.select({ openTimeMs: corrections.openTimeMs }).from(corrections).where(isCandle).all());
};

export interface LostSpans {
  readonly series: Series;
  readonly range: OpenTimes;
  /** Inside the range. */
  readonly spans: readonly OpenTimes[];
  readonly copies: Copies;
}

/** Those of which there is no copy any more are gaps from now on. Returns the number of candles. */
export const recordLostSpans = (
  tx: Writer,
  { series, range, spans, copies }: LostSpans,
  now: number,
): number => {
  const step = timeframesMs[series.timeframe];
  const known = gapsWithin(tx, series, range).filter(({ state }) => state !== 'filled');
  const covered = [...copiesIn(tx, series, range, copies), ...known];
  const lost = without(spans, covered, step);
  openGaps(tx, series, lost, now);
  return lost.reduce((sum, span) => sum + candlesIn(span, step), 0);
};

const recordOfSeries = (tx: Writer, series: Series, lost: readonly LostFile[], now: number): void => {
  const spans = lost.flatMap((file) => heldBy(tx, file));
  const copies = copiesAnywhere(tx, series);
  recordLostSpans(tx, { series, range: rangeOf(lost), spans, copies }, now);
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
