import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { eq, sql } from 'drizzle-orm';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { ControllerError } from './errors.ts';
import { meta } from './schema.ts';

export type Db = BetterSQLite3Database;

/** The database with its two ways in. */
export interface Store {
  readonly db: Db;
  /** One IMMEDIATE transaction: the write lock comes before the first read, so what was read still holds. */
  readonly write: <T>(work: (db: Db) => T) => T;
  readonly close: () => void;
}

const busyTimeoutMs = 10_000;

const packageRoot = (from: string): string =>
  existsSync(join(from, 'package.json')) ? from : packageRoot(dirname(from));

/** `tsc` copies no .sql, so source and dist/ both read the migrations at the root of the package. */
const migrationsFolder = (): string =>
  join(packageRoot(dirname(fileURLToPath(import.meta.url))), 'controller', 'migrations');

const lastApplied = (db: Db): number => {
  db.run(
    sql`create table if not exists __drizzle_migrations (id integer primary key, hash text not null, created_at numeric)`,
  );
  return (
    db.get<{ last: number | null }>(sql`select max(created_at) as last from __drizzle_migrations`).last ?? 0
  );
};

/** Inside the caller's IMMEDIATE transaction: two gateways that open a new store at once create its tables once. */
const migrate = (db: Db): void => {
  const last = lastApplied(db);
  for (const { folderMillis, hash, sql: statements } of readMigrationFiles({
    migrationsFolder: migrationsFolder(),
  })) {
    if (folderMillis <= last) continue;
    for (const statement of statements) db.run(sql.raw(statement));
    db.run(sql`insert into __drizzle_migrations (hash, created_at) values (${hash}, ${folderMillis})`);
  }
};

/** A store made in one domain never opens in the other. */
const claimDomain = (db: Db, domain: string): void => {
  db.insert(meta).values({ name: 'domain', value: domain }).onConflictDoNothing().run();
  const stored = db.select().from(meta).where(eq(meta.name, 'domain')).get()?.value;
  if (stored === domain) return;
  throw new ControllerError(
    'DomainMismatch',
    `this store belongs to the domain "${stored}", not to "${domain}"`,
  );
};

const connect = (path: string): Sqlite.Database => {
  const client = new Sqlite(path, { timeout: busyTimeoutMs });
  client.pragma('journal_mode = WAL');
  client.pragma('synchronous = FULL');
  client.pragma('foreign_keys = ON');
  return client;
};

/** Opens (and creates) the controller's store. Throws ControllerError DomainMismatch, or SQLite's own error. */
export const openStore = ({ path, domain }: { path: string; domain: string }): Store => {
  const client = connect(path);
  const db = drizzle({ client });
  /** better-sqlite3 has one connection, so statements of `db` run inside the transaction that is open on it. */
  const write = <T>(work: (db: Db) => T): T => db.transaction(() => work(db), { behavior: 'immediate' });
  try {
    write(() => {
      migrate(db);
      claimDomain(db, domain);
    });
  } catch (error) {
    client.close();
    throw error;
  }
  return { db, write, close: () => void client.close() };
};
