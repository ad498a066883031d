import { and, asc, eq, gt, gte, inArray, isNotNull, isNull, ne, sql, sum } from 'drizzle-orm';
import type { Series } from '../series.ts';
import { type MonthChange, settleMonths } from './archive-months.ts';
import { netOfCorrections } from './correction-rows.ts';
import type { Reader, Store, Writer } from './database.ts';
import { LedgerError } from './errors.ts';
import { type FileRow, type FileStatus, inSeries } from './file-rows.ts';
import { fileRangesOf } from './row-ranges.ts';
import { fileStatuses, files } from './schema/files.ts';

export const fileById = (db: Reader, fileId: string): FileRow | undefined =>
  db.select().from(files).where(eq(files.fileId, fileId)).get();

/** However many: SQLite takes a list of values only up to a limit. */
export const isOneOf = (fileIds: readonly string[]) =>
  sql`${files.fileId} in (select value from json_each(${JSON.stringify(fileIds)}))`;

export interface FileQuery {
  readonly status?: FileStatus;
  readonly series?: Series;
  readonly limit: number;
  /** `fileId` of the last row seen. */
  readonly afterId?: string;
}

const seqOf = (db: Reader, fileId: string): number => {
  const row = fileById(db, fileId);
  if (!row) throw new LedgerError('NotFound', `no file ${fileId}`);
  return row.seq;
};

const listFiles = (db: Reader, { status, series, limit, afterId }: FileQuery): FileRow[] =>
  db
    .select()
    .from(files)
    .where(
      and(
        status && eq(files.status, status),
        series && inSeries(series),
        afterId === undefined ? undefined : gt(files.seq, seqOf(db, afterId)),
      ),
    )
    .orderBy(asc(files.seq))
    .limit(limit)
    .all();

/** What corrections added and took away counts too; what a new lineage took back is counted where it first came in. */
const barsOf = (db: Reader, series: Series): number =>
  netOfCorrections(db, series) +
  Number(
    db
      .select({ bars: sum(files.bars) })
      .from(files)
      .where(and(inSeries(series), eq(files.kind, 'candles'), ne(files.status, 'quarantined')))
      .get()?.bars ?? 0,
  ) +
  fileRangesOf(db, series)
    .filter(({ kind }) => kind === 'candles')
    .reduce((sum, range) => sum + range.bars, 0);

/** All statuses, each by its name: so the index of the series is used as far as the time. */
const barsFrom = (db: Reader, series: Series, fromMs: number): number =>
  Number(
    db
      .select({ bars: sum(files.bars) })
      .from(files)
      .where(
        and(
          inSeries(series),
          inArray(files.status, [...fileStatuses]),
          gte(files.tEnd, fromMs),
          gte(files.tStart, fromMs),
          eq(files.kind, 'candles'),
        ),
      )
      .get()?.bars ?? 0,
  );

const storedRange = (db: Reader, series: Series): { fromMs: number; toMs: number } | undefined => {
  const range = {
    fromMs: sql<number | null>`min(${files.tStart})`,
    toMs: sql<number | null>`max(${files.tEnd})`,
  };
  const row = db
    .select(range)
    .from(files)
    .where(and(inSeries(series), ne(files.status, 'quarantined')))
    .get();
  const folded = fileRangesOf(db, series);
  const from = [...folded.map(({ fromMs }) => fromMs), ...(row?.fromMs == null ? [] : [row.fromMs])];
  const to = [...folded.map(({ toMs }) => toMs), ...(row?.toMs == null ? [] : [row.toMs])];
  return from.length === 0 ? undefined : { fromMs: Math.min(...from), toMs: Math.max(...to) };
};

const fetchEnds = (db: Reader, series: Series): { oldest: number | null; newest: number | null } =>
  db
    .select({
      oldest: sql<number | null>`min(${files.fetchedAt})`,
      newest: sql<number | null>`max(${files.fetchedAt})`,
    })
    .from(files)
    .where(inSeries(series))
    .get() ?? { oldest: null, newest: null };

/** Oldest fetched first, so that a later copy of a candle is applied over an earlier one. */
const byFetch = [asc(files.fetchedAt), asc(files.seq)] as const;

const readable = (db: Reader, series: Series, statuses: readonly FileStatus[]): FileRow[] =>
  db
    .select()
    .from(files)
    .where(and(inSeries(series), inArray(files.status, [...statuses]), isNull(files.archivedAt)))
    .orderBy(...byFetch)
    .all();

const markArchived = (
  tx: Writer,
  fileIds: readonly string[],
  months: readonly MonthChange[],
  now: number,
): void => {
  settleMonths(tx, months);
  tx.update(files)
    .set({ archivedAt: now })
    .where(and(isOneOf(fileIds), sql`+${files.status} = 'processed'`, isNull(files.archivedAt)))
    .run();
};

const markDeleted = (tx: Writer, fileIds: readonly string[], now: number): number =>
  tx
    .update(files)
    .set({ status: 'deleted', deletedAt: now })
    .where(and(isOneOf(fileIds), sql`+${files.status} = 'processed'`, isNotNull(files.archivedAt)))
    .run().changes;

export const fileStore = ({ read, write, now }: Store) => ({
  file: (fileId: string): FileRow | undefined => read((db) => fileById(db, fileId)),

  /** In the order of registration. */
  files: (query: FileQuery): FileRow[] => read((db) => listFiles(db, query)),

  /** The rows whose CSV lies at this path, relative to the data directory. */
  filesAt: (path: string): FileRow[] =>
    read((db) => db.select().from(files).where(eq(files.path, path)).all()),

  /** How many candles are stored, quarantined files left out. */
  bars: (series: Series): number => read((db) => barsOf(db, series)),

  /** How many candles came in files that begin at or after this, whatever became of the files. */
  barsFrom: (series: Series, fromMs: number): number => read((db) => barsFrom(db, series, fromMs)),

  oldestFetchMs: (series: Series): number | undefined =>
    read((db) => fetchEnds(db, series).oldest ?? undefined),

  newestFetchMs: (series: Series): number | undefined =>
    read((db) => fetchEnds(db, series).newest ?? undefined),

  /** Files whose candles are not in the archive yet, earliest fetched first. */
  unarchivedFiles: (series: Series, statuses: readonly FileStatus[]): FileRow[] =>
    read((db) => readable(db, series, statuses)),

  /** Processed files that wait for the archive, earliest fetched first. */
  processedFiles: (series: Series): FileRow[] => read((db) => readable(db, series, ['processed'])),

  /** Processed files whose candles are in the archive, and whose CSVs may go. */
  archivedFiles: (series: Series): FileRow[] =>
    read((db) =>
      db
        .select()
        .from(files)
        .where(and(inSeries(series), eq(files.status, 'processed'), isNotNull(files.archivedAt)))
        .all(),
    ),

  /** Their candles are durably in the archive. */
  markArchived: (fileIds: readonly string[], months: readonly MonthChange[] = []): void =>
    write((tx) => markArchived(tx, fileIds, months, now())),

  /** processed and archived → deleted; then the CSVs may be unlinked. Returns how many changed. */
  markDeleted: (fileIds: readonly string[]): number => write((tx) => markDeleted(tx, fileIds, now())),

  /**
   * Open times of the oldest and the newest candle stored, quarantined files left out. Corrections never reach beyond:
   * they are of candles below the watermark, and a candle is only removed between two that are there.
   */
  storedRange: (series: Series): { fromMs: number; toMs: number } | undefined =>
    read((db) => storedRange(db, series)),
});
