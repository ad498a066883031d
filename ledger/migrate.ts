import { join } from 'node:path';
import { desc, sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { packageRoot } from '../code-version.ts';
import type { Reader, Writer } from './database.ts';
import { LedgerError } from './errors.ts';

/** drizzle's own record of what was applied. */
const applied = sqliteTable('__drizzle_migrations', {
  hash: text().notNull(),
  createdAt: integer('created_at').notNull(),
});

/** `tsc` copies no .sql, so source and dist/ both read the migrations from the root of the package. */
const migrations = () =>
  readMigrationFiles({
    migrationsFolder: join(packageRoot(), 'ledger', 'migrations'),
  });

/** How many migrations this code knows: the schema version that it writes. */
export const knownSchemaVersion = (): number => migrations().length;

export const hasTable = (db: Reader, name: string): boolean =>
  db.all(sql`select 1 from sqlite_master where type = 'table' and name = ${name}`).length > 0;

/** A `manifest.sqlite` of the older stack has `files` too, and was taken out of the way before; see older/. */
const refuseForeign = (db: Reader): void => {
  if (!hasTable(db, 'files') || hasTable(db, 'meta')) return;
  throw new LedgerError(
    'Conflict',
    'this database has a table "files", but is neither a ledger of Autotrain nor a manifest of the older stack with all its columns (file_id, path, symbol, timeframe, t_start, t_end, sha256, size_bytes, status, created_at, processed_at, deleted_at)',
  );
};

const lastApplied = (tx: Writer): number => {
  tx.run(
    sql`create table if not exists __drizzle_migrations (id integer primary key, hash text not null, created_at numeric)`,
  );
  return tx.select().from(applied).orderBy(desc(applied.createdAt)).limit(1).get()?.createdAt ?? 0;
};

/**
 * Applies what is missing, inside the caller's IMMEDIATE transaction. drizzle's `migrate()` looks before it
 * locks, so two processes that open a new ledger at once would both create its tables.
 */
export const applyMigrations = (tx: Writer): void => {
  refuseForeign(tx);
  const last = lastApplied(tx);
  for (const { folderMillis, hash, sql: statements } of migrations()) {
    if (folderMillis <= last) continue;
    for (const statement of statements) tx.run(sql.raw(statement));
    tx.insert(applied).values({ hash, createdAt: folderMillis }).run();
  }
};
