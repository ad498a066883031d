/**
 * How many files each status has, now and at every commit that changed it: who looks later sees that files were claimed
 * and given back. Triggers on `files` count (migration 0011), so that no writer can forget to.
 */
import { asc, count, eq, getTableColumns, gte, sql } from 'drizzle-orm';
import type { Reader, Store, Writer } from './database.ts';
import type { FileStatus } from './file-rows.ts';
import { fileCountHistory, fileCounts, fileStatuses } from './schema/files.ts';

export type FileCounts = Record<FileStatus, number>;

/** The counts from `atMs` on, epoch ms. */
export interface FileCountsAt {
  readonly atMs: number;
  readonly files: FileCounts;
}

export interface HistoryQuery {
  /** Epoch ms. */
  readonly sinceMs: number;
  /** A longer history is thinned out to about so many rows. */
  readonly points: number;
}

const columns = sql.raw(fileStatuses.join(', '));

const { at, seq, ...historyCounts } = getTableColumns(fileCountHistory);

const { id, ...counts } = getTableColumns(fileCounts);

const countsNow = (db: Reader): FileCounts => db.select(counts).from(fileCounts).where(eq(id, 1)).get()!;

/** One statement: it runs in every commit. */
const noteChange = (tx: Writer, now: number): void => {
  tx.run(sql`insert into file_count_history (at, ${columns}) select ${now}, ${columns} from file_counts
    where (${columns}) is not (select ${columns} from file_count_history order by seq desc limit 1)`);
};

/** Each commit of the outermost transaction that changed the counts leaves a row of them. */
export const notingFileCounts = (store: Store): Store => {
  let isInside = false;
  const outermost: Store['write'] = (work) => {
    isInside = true;
    try {
      return store.write((tx) => {
        const result = work(tx);
        noteChange(tx, store.now());
        return result;
      });
    } finally {
      isInside = false;
    }
  };
  return { ...store, write: (work) => (isInside ? store.write(work) : outermost(work)) };
};

const since = ({ sinceMs }: HistoryQuery) => gte(at, sinceMs);

/** Numbers are bound as floating point, which would not be divided to whole ones. */
const stretch = (stretchMs: number) => sql`at / cast(${stretchMs} as integer)`;

/** Of each stretch of time the row with the most claimed files, so that no claim is thinned away, and the last one. */
const chosen = (query: HistoryQuery, stretchMs: number) => sql`
  select seq from (select seq, max(processing) from file_count_history where ${since(query)} group by ${stretch(stretchMs)})
  union select max(seq) from file_count_history where ${since(query)} group by ${stretch(stretchMs)}
  union select seq from (select seq from file_count_history where at < ${query.sinceMs} order by at desc, seq desc limit 1)`;

/** 1: nothing is thinned out. */
const stretchOf = (rows: number, { sinceMs, points }: HistoryQuery, now: number): number =>
  rows <= points ? 1 : Math.ceil((2 * (now - sinceMs)) / points);

const historyOf = (db: Reader, query: HistoryQuery, now: number): FileCountsAt[] => {
  const rows = db.select({ n: count() }).from(fileCountHistory).where(since(query)).get()?.n ?? 0;
  return db
    .select({ atMs: at, files: historyCounts })
    .from(fileCountHistory)
    .where(sql`${seq} in (${chosen(query, stretchOf(rows, query, now))})`)
    .orderBy(asc(at), asc(seq))
    .all()
    .map(({ atMs, files }) => ({ atMs: Math.max(atMs, query.sinceMs), files }));
};

export const fileCountStore = ({ read, now }: Store) => ({
  fileCounts: (): FileCounts => read(countsNow),

  /** Ascending. The first row tells what held when the time began, and is stamped with that. */
  fileCountHistory: (query: HistoryQuery): FileCountsAt[] => read((db) => historyOf(db, query, now())),
});
