import { sql } from 'drizzle-orm';
import type { Reader } from '../database.ts';

/** A row of `files` as the Python stack wrote it: any type may stand in any column. */
export type OlderRow = Readonly<Record<(typeof fileColumns)[number], unknown>>;

export interface OlderWatermark {
  readonly name: unknown;
  /** Open time of the last candle, plus one. */
  readonly value: unknown;
}

const fileColumns = [
  ...(['file_id', 'path', 'symbol', 'timeframe', 't_start', 't_end', 'sha256', 'size_bytes'] as const),
  ...(['status', 'created_at', 'processed_at', 'deleted_at'] as const),
] as const;

const columnsOf = (db: Reader, table: string): string[] =>
  db.all<{ name: string }>(sql`select name from pragma_table_info(${table})`).map(({ name }) => name);

const tablesOf = (db: Reader): string[] =>
  db
    .all<{ name: string }>(sql`select name from sqlite_master where type in ('table', 'view')`)
    .map(({ name }) => name.toLowerCase());

/** What a ledger of ours would make, and a manifest of the older stack never had. */
const ourTables = ['meta', 'audit', 'claims', 'versions', 'promotions', 'lineages', 'gaps'];

/** Whether this is a `manifest.sqlite` of the older stack: its two tables with its columns, and none of ours. */
export const isOlder = (db: Reader): boolean => {
  const tables = tablesOf(db);
  if (ourTables.some((name) => tables.includes(name))) return false;
  const columns = columnsOf(db, 'files');
  if (!fileColumns.every((name) => columns.includes(name))) return false;
  const named = columnsOf(db, 'watermarks');
  return named.length === 0 || (named.includes('name') && named.includes('value'));
};

export const readOlder = (db: Reader): { rows: OlderRow[]; watermarks: OlderWatermark[] } => ({
  rows: db.all<OlderRow>(sql`select * from files order by t_start, file_id`),
  watermarks:
    columnsOf(db, 'watermarks').length === 0
      ? []
      : db.all<OlderWatermark>(sql`select name, value from watermarks order by name`),
});
