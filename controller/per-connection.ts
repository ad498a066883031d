import { getTableColumns, type Placeholder, sql } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Sqlite } from '../sqlite.ts';
import type { Db } from './database.ts';

/** One value per connection, made when it is first asked for: prepared statements, and what is remembered of the store. */
export const perConnection = <T>(make: (db: Db) => T): ((db: Db) => T) => {
  const made = new WeakMap<Db, T>();
  return (db) => {
    const known = made.get(db);
    if (known !== undefined) return known;
    const fresh = make(db);
    made.set(db, fresh);
    return fresh;
  };
};

/** The driver under drizzle. */
export const clientOf = (db: Db): Sqlite.Database =>
  (db as Db & { readonly $client: Sqlite.Database }).$client;

/** What was read of the store and still holds. Emptied when another connection wrote, and when a write was undone. */
export const memoryOf = perConnection(() => new Map<string, unknown>());

/** Counts what happened on a connection, for whatever is kept longer than one transaction. */
export interface Activity {
  /** Outermost transactions begun. */
  transactions: number;
  /** Writes that were undone. */
  undone: number;
  /** Transactions at whose begin another connection had written. */
  others: number;
}

export const activityOf = perConnection((): Activity => ({ transactions: 0, undone: 0, others: 0 }));

/** A placeholder for every column but the key that SQLite numbers, for a prepared insert. */
export const placeholdersOf = (table: SQLiteTable, key: string): Record<string, Placeholder> =>
  Object.fromEntries(
    Object.keys(getTableColumns(table))
      .filter((column) => column !== key)
      .map((column) => [column, sql.placeholder(column)]),
  );
