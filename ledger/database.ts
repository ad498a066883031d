import Sqlite from 'better-sqlite3';
import { sql } from 'drizzle-orm';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { asStorageFailure, systemCode } from './storage-failure.ts';

/** The database, or a transaction on it. */
export type Db = BetterSQLite3Database;
type Transaction = Parameters<Parameters<Db['transaction']>[0]>[0];
export type Reader = Db | Transaction;
export type Writer = Transaction;

/** What each part of the ledger closes over. */
export interface Store {
  readonly db: Db;
  /** Runs in one IMMEDIATE transaction: the write lock is taken before the first read, so what was read holds. */
  write<T>(work: (tx: Writer) => T): T;
  read<T>(work: (db: Reader) => T): T;
  /** The store's clock, epoch ms. Ask inside the transaction: the wait for the lock may be long. */
  now(): number;
  /** Foreign keys are off while migrations rebuild tables, and on from here. */
  enforceForeignKeys(): void;
  close(): void;
}

const busyTimeoutMs = 10_000;
const attemptsWhenBusy = 6;

const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(systemCode(error) ?? '');

/** SQLite's lock is not fair: a waiter can time out while others pass. It waits again before anyone is told. */
const whileBusy = <T>(work: () => T, place: string): T => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || attempt >= attemptsWhenBusy) throw asStorageFailure(error, place);
    }
  }
};

const connect = (path: string, readonly: boolean): Sqlite.Database => {
  const client = new Sqlite(path, { readonly, fileMustExist: readonly, timeout: busyTimeoutMs });
  if (!readonly) client.pragma('journal_mode = WAL');
  client.pragma('synchronous = FULL');
  client.pragma('foreign_keys = OFF');
  return client;
};

const storeClock = (db: Db) => (): number =>
  db.get<{ now: number }>(sql`select cast(unixepoch('subsec') * 1000 as integer) as now`).now;

/** Opens the file with the pragmas that the invariants need. Throws LedgerError `StorageUnavailable`. */
export const openDatabase = (options: { path: string; readonly: boolean; clock?: () => number }): Store => {
  const { path, readonly, clock } = options;
  const client = whileBusy(() => connect(path, readonly), path);
  const db = drizzle({ client });
  return {
    db,
    write: (work) => whileBusy(() => db.transaction(work, { behavior: 'immediate' }), path),
    read: (work) => whileBusy(() => work(db), path),
    now: clock ?? storeClock(db),
    enforceForeignKeys: () => void client.pragma('foreign_keys = ON'),
    close: () => void client.close(),
  };
};
