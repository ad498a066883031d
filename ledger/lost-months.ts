import { and, between, eq, gte, inArray, isNotNull, lte, notInArray, type SQL, sql } from 'drizzle-orm';
import { type Series, seriesKey, timeframesMs } from '../series.ts';
import { raise } from './alerts.ts';
import { monthEndMs, monthStartMs } from './archive-files.ts';
import { forgetMonth } from './archive-months.ts';
import { record } from './audit.ts';
import { copiesOutsideArchive, oneEach } from './copies.ts';
import { quarantinedIn } from './correction-rows.ts';
import type { Reader, Store, Writer } from './database.ts';
import { type FileRow, inSeries } from './file-rows.ts';
import { isOneOf } from './files.ts';
import { heldBy, recordLostSpans } from './lost-copies.ts';
import { fileRangesOf } from './row-ranges.ts';
import { corrections, files } from './schema/files.ts';
import { type OpenTimes, without } from './spans.ts';

/** A month of the archive whose file is altered, and was moved aside, or is gone. */
export interface LostMonth {
  readonly series: Series;
  /** `yyyy-mm` */
  readonly month: string;
  readonly reason: string;
}

const rangeOf = ({ series, month }: LostMonth): OpenTimes => ({
  fromMs: monthStartMs(month),
  toMs: monthEndMs(month) - timeframesMs[series.timeframe],
});

/** What a new lineage takes back waits again, archived or not. */
const onDisk = ['downloaded', 'processing', 'processed'] as const;

/**
 * CSVs that DELETE_AFTER_PROCESS=false keeps are read, and archived, once more. All of them, in the order of fetching: one
 * alone, archived again, would win over later copies of its candles.
 */
const takeBackKept = (tx: Writer, series: Series): number =>
  tx
    .update(files)
    .set({ archivedAt: null })
    .where(and(inSeries(series), inArray(files.status, onDisk), isNotNull(files.archivedAt)))
    .run().changes;

const archivedIn = (db: Reader, series: Series, { fromMs, toMs }: OpenTimes): FileRow[] =>
  db
    .select()
    .from(files)
    .where(
      and(
        ...[inSeries(series), isNotNull(files.archivedAt)],
        and(gte(files.tEnd, fromMs), lte(files.tStart, toMs)),
      ),
    )
    .all();

/** Of what was archived, rows that were folded included, the part that opens in the month. */
const heldByArchive = (db: Reader, series: Series, range: OpenTimes): OpenTimes[] => {
  const folded = fileRangesOf(db, series).filter(({ kind }) => kind !== 'corrections');
  return [...archivedIn(db, series, range).flatMap((file) => heldBy(db, file)), ...folded]
    .map(({ fromMs, toMs }) => ({
      fromMs: Math.max(fromMs, range.fromMs),
      toMs: Math.min(toMs, range.toMs),
    }))
    .filter(({ fromMs, toMs }) => fromMs <= toMs);
};

/** Candles that the exchange removed are nobody's: the newest correction of each says so. */
const removedIn = (db: Reader, series: Series, { fromMs, toMs }: OpenTimes): OpenTimes[] =>
  oneEach(
    db
      .select({
        openTimeMs: corrections.openTimeMs,
        change: corrections.change,
        newest: sql<number>`max(${corrections}.rowid)`,
      })
      .from(corrections)
      .where(
        and(
          eq(corrections.series, seriesKey(series)),
          between(corrections.openTimeMs, fromMs, toMs),
          notInArray(corrections.fileId, quarantinedIn(db, series)),
        ),
      )
      .groupBy(corrections.openTimeMs)
      .all()
      .filter(({ change }) => change === 'removed'),
  );

/**
 * Rows whose candles the archive has lost are quarantined as those of a damaged CSV are: no copies any more, and current
 * again when an import brings the same bytes. No single step of a file's life leads there from `deleted`.
 */
export const putDeletedAside = (tx: Writer, which: SQL | undefined, reason: string): number => {
  const gone = tx
    .update(files)
    .set({ status: 'downloaded', archivedAt: null, deletedAt: null })
    .where(and(eq(files.status, 'deleted'), which))
    .returning({ fileId: files.fileId })
    .all();
  const ids = gone.map(({ fileId }) => fileId);
  tx.update(files).set({ status: 'quarantined', quarantineReason: reason }).where(isOneOf(ids)).run();
  return ids.length;
};

/** Those that reach into another month as well stay what they are: the archive still has a part of them. */
const putRowsAside = (
  tx: Writer,
  { series, month, reason }: LostMonth,
  { fromMs, toMs }: OpenTimes,
): number => {
  const isInside = and(inSeries(series), gte(files.tStart, fromMs), lte(files.tEnd, toMs));
  tx.update(files)
    .set({ archivedAt: null })
    .where(and(isInside, eq(files.status, 'quarantined')))
    .run();
  return putDeletedAside(tx, isInside, `the archive has lost ${month}: ${reason}`);
};

const tell = (tx: Writer, { series, month, reason }: LostMonth, counts: object, now: number): void => {
  const key = seriesKey(series);
  const detail = { reason, series: key, month, ...counts };
  record(tx, now, { actor: 'ledger', action: 'month.quarantine', subject: `${key} ${month}`, detail });
  const message = `the archive has lost ${month} of ${key}: ${reason}`;
  raise(tx, now, { kind: 'quarantine', subject: key, message, detail });
};

const lose = (tx: Writer, lost: LostMonth, now: number): void => {
  const { series, month } = lost;
  const range = rangeOf(lost);
  const isKnown = forgetMonth(tx, series, month);
  const keptFiles = takeBackKept(tx, series);
  if (!isKnown && keptFiles === 0) return;
  const step = timeframesMs[series.timeframe];
  const spans = without(heldByArchive(tx, series, range), removedIn(tx, series, range), step);
  const lostFiles = putRowsAside(tx, lost, range);
  const copies = copiesOutsideArchive(tx, series);
  const missing = recordLostSpans(tx, { series, range, spans, copies }, now);
  tell(tx, lost, { keptFiles, lostFiles, missing }, now);
};

export const lostMonthStore = ({ write, now }: Store) => ({
  /**
   * Forgets a month of the archive, in one transaction: CSVs that were kept are current again, candles that only it had
   * are gaps, their rows are put aside, and it is told. Repeating it is harmless.
   */
  loseMonth: (lost: LostMonth): void => write((tx) => lose(tx, lost, now())),
});
