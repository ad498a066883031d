import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { Sqlite } from '../sqlite.ts';
import { createLeaseClock } from './lease-clock.ts';
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
  /** Epoch ms by the clock of this process, for stamps on records. Nothing is decided by it. */
  now(): number;
  /** What the lease clock shows: the same for all processes, whatever their own clocks show. */
  leaseNow(tx: Writer): number;
  /** Notices what other processes wrote on the lease clock, so that this one's does not lag behind. */
  watchLeaseClock(): void;
  /** The whole database as bytes, as the transaction under way sees it. */
  image(): Buffer;
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

const mostPrepared = 500;

/**
 * Drizzle has every statement compiled anew, which takes as long as running it; its texts repeat, so the newest are kept.
 * A statement is handed out as if it were new: drizzle sets `raw` itself where it wants it.
 */
const keepPrepared = (client: Sqlite.Database): void => {
  const prepare = client.prepare.bind(client);
  const kept = new Map<string, Sqlite.Statement>();
  client.prepare = ((text: string) => {
    const known = kept.get(text);
    if (known && !known.busy) return known.reader ? known.raw(false) : known;
    const made = prepare(text);
    if (kept.size >= mostPrepared) kept.delete(kept.keys().next().value as string);
    kept.set(text, made);
    return made;
  }) as typeof client.prepare;
};

const connect = (path: string, readonly: boolean): Sqlite.Database => {
  const client = new Sqlite(path, { readonly, fileMustExist: readonly, timeout: busyTimeoutMs });
  keepPrepared(client);
  if (!readonly) client.pragma('journal_mode = WAL');
  client.pragma('synchronous = FULL');
  client.pragma('foreign_keys = OFF');
  return client;
};

export interface DatabaseOptions {
  readonly path: string;
  readonly readonly: boolean;
  /** Epoch ms; the system's clock when left out. */
  readonly clock?: () => number;
  /** ms on a clock that only runs forward, since any moment; `clock` where that is given, else the system's. */
  readonly elapsed?: () => number;
}

/** Opens the file with the pragmas that the invariants need. Throws LedgerError `StorageUnavailable`. */
export const openDatabase = (options: DatabaseOptions): Store => {
  const { path, readonly, clock = Date.now } = options;
  const leaseClock = createLeaseClock(
    options.elapsed ?? options.clock ?? performance.now.bind(performance),
    clock,
  );
  const client = whileBusy(() => connect(path, readonly), path);
  const db = drizzle({ client });
  return {
    db,
    write: (work) => whileBusy(() => db.transaction(work, { behavior: 'immediate' }), path),
    read: (work) => whileBusy(() => work(db), path),
    now: clock,
    leaseNow: leaseClock.read,
    watchLeaseClock: () => whileBusy(() => leaseClock.look(db), path),
    image: () => client.serialize(),
    enforceForeignKeys: () => void client.pragma('foreign_keys = ON'),
    close: () => void client.close(),
  };
};
