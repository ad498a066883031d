import { and, count, eq, notInArray, sql } from 'drizzle-orm';
import { type Series, seriesKey } from '../series.ts';
import type { Reader, Writer } from './database.ts';
import type { Change } from './differences.ts';
import { inSeries } from './file-rows.ts';
import { corrections, files } from './schema/files.ts';

/** What a row of a correction file changed; `before`: the copy that it replaced, as open,high,low,close,volume. */
export type CorrectionRow = typeof corrections.$inferSelect;

export const insertCorrections = (
  tx: Writer,
  fileId: string,
  series: Series,
  changes: readonly Change[],
): void => {
  for (const { openTimeMs, kind: change, before } of changes)
    tx.insert(corrections)
      .values({ fileId, series: seriesKey(series), openTimeMs, change, before: before?.join(',') ?? null })
      .run();
};

/** Ids of the files that were put aside, as a query. */
export const quarantinedIn = (db: Reader, series: Series) =>
  db
    .select({ fileId: files.fileId })
    .from(files)
    .where(and(inSeries(series), eq(files.status, 'quarantined')));

/** Candles that corrections added, less those that they removed. */
export const netOfCorrections = (db: Reader, series: Series): number => {
  const rows = db
    .select({ change: corrections.change, n: count() })
    .from(corrections)
    .where(
      and(
        eq(corrections.series, seriesKey(series)),
        notInArray(corrections.fileId, quarantinedIn(db, series)),
      ),
    )
    .groupBy(corrections.change)
    .all();
  const of = (kind: CorrectionRow['change']): number => rows.find(({ change }) => change === kind)?.n ?? 0;
  return of('appeared') - of('removed');
};

/** Grows with each correction file of the series. */
export const revisionOf = (db: Reader, series: Series): number =>
  db
    .select({ seq: sql<number | null>`max(${files.seq})` })
    .from(files)
    .where(and(inSeries(series), eq(files.kind, 'corrections')))
    .get()?.seq ?? 0;
