import { closeSync, existsSync, fdatasyncSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eq, sql } from 'drizzle-orm';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { Sqlite } from '../sqlite.ts';
import { ControllerError } from './errors.ts';
import { refuseForeign } from './foreign.ts';
import { activityOf, memoryOf } from './per-connection.ts';
import { meta } from './schema.ts';

export type Db = BetterSQLite3Database;

export type Settled<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

/** The database with its ways in. */
export interface Store {
  readonly db: Db;
  /** One IMMEDIATE transaction: the write lock comes before the first read, so what was read still holds. */
  readonly write: <T>(work: (db: Db) => T) => T;
  /**
   * Group commit: all works in one transaction, each one's writes in a savepoint, so that what one throws is its own
   * result. Throws when the transaction fails as a whole: then nothing of it is stored.
   */
  readonly batch: <T>(works: readonly (() => T)[]) => Settled<T>[];
  /**
   * All that is committed by now is on disk when this returns. Only a store that was opened with `syncs: 'later'` needs
   * it: the others do not return from a commit before. Throws when the disk says no: then what was committed may be lost.
   */
  readonly sync: () => void;
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

/** When a commit reaches the disk: before it returns, or with the next `sync`. */
export type Syncs = 'at commit' | 'later';

/** Before anything is set on it: the mode of its log is written into the file. */
const openOwn = (path: string): Sqlite.Database => {
  const client = new Sqlite(path, { timeout: busyTimeoutMs });
  try {
    refuseForeign(client, path);
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
};

const connect = (path: string, syncs: Syncs): Sqlite.Database => {
  const client = openOwn(path);
  client.pragma('journal_mode = WAL');
  // In WAL mode NORMAL leaves out one thing, the sync of the log after a commit, and keeps the file whole in any case.
  client.pragma(`synchronous = ${syncs === 'at commit' ? 'FULL' : 'NORMAL'}`);
  client.pragma('foreign_keys = ON');
  // The newest pages of every index stay in memory, and so does what a savepoint may have to undo.
  client.pragma('cache_size = -131072');
  client.pragma('temp_store = MEMORY');
  // A page that many commits change is copied to the file once.
  client.pragma('wal_autocheckpoint = 8000');
  return client;
};

/** Inside a write nobody else can write, so one look at its start is enough. */
const createForget = (client: Sqlite.Database, db: Db) => {
  const dataVersion = client.prepare('PRAGMA data_version').pluck();
  let seen: unknown;
  return (): void => {
    const now = dataVersion.get();
    activityOf(db).transactions += 1;
    if (now !== seen) {
      memoryOf(db).clear();
      activityOf(db).others += 1;
    }
    seen = now;
  };
};

/** SQLite itself gives a whole transaction up when the disk is full: then there is nothing left to go on in. */
const settle = <T>(client: Sqlite.Database, work: () => T): Settled<T> => {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (!client.inTransaction) throw error;
    return { ok: false, error };
  }
};

export interface StoreOptions {
  readonly path: string;
  readonly domain: string;
  readonly syncs?: Syncs;
}

/** Syncs the data of SQLite's log; SQLite itself syncs its metadata too, at twice the time. The log keeps its inode for as long as a connection is open, and no lock hangs on it. */
const createSync = (path: string) => {
  const log = openSync(`${path}-wal`, 'r');
  return {
    sync: () => fdatasyncSync(log),
    close: () => closeSync(log),
  };
};

/** Opens (and creates) the controller's store. Throws ControllerError DomainMismatch or Conflict (the file is another program's), or SQLite's own error. */
export const openStore = ({ path, domain, syncs = 'at commit' }: StoreOptions): Store => {
  const client = connect(path, syncs);
  const db = drizzle({ client });
  const transaction = client.transaction((work: () => unknown) => work());
  /** better-sqlite3 has one connection, so statements of `db` run inside the transaction that is open on it; an inner one is a savepoint. */
  const immediately = <T>(work: (db: Db) => T): T => transaction.immediate(() => work(db)) as T;
  const forgetWhatOthersChanged = createForget(client, db);
  /** Whether an inner write gets a savepoint of its own. */
  let savepoints = true;
  const write = <T>(work: (db: Db) => T): T => {
    try {
      if (client.inTransaction) return savepoints ? immediately(work) : work(db);
      return immediately(() => {
        forgetWhatOthersChanged();
        return work(db);
      });
    } catch (error) {
      memoryOf(db).clear();
      activityOf(db).undone += 1;
      throw error;
    }
  };
  /** Savepoints cost more than what most works write, so the first try has none: if one throws, all is undone and done again with them. */
  const withoutSavepoints = <T>(works: readonly (() => T)[]): Settled<T>[] | undefined => {
    savepoints = false;
    let refused = false;
    try {
      return write(() =>
        works.map((work) => {
          try {
            return { ok: true, value: work() };
          } catch (error) {
            refused = true;
            throw error;
          }
        }),
      );
    } catch (error) {
      if (refused) return undefined;
      throw error;
    } finally {
      savepoints = true;
    }
  };
  const batch = <T>(works: readonly (() => T)[]): Settled<T>[] =>
    withoutSavepoints(works) ?? write(() => works.map((work) => settle(client, work)));
  try {
    write(() => {
      migrate(db);
      claimDomain(db, domain);
    });
  } catch (error) {
    client.close();
    throw error;
  }
  const log = createSync(path);
  const close = (): void => {
    log.close();
    client.close();
  };
  return { db, write, batch, sync: log.sync, close };
};
