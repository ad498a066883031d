import { join } from 'node:path';
import { Sqlite } from '../sqlite.ts';
import { makeDirectory } from './durable-file.ts';
import { asStorageFailure } from './storage-failure.ts';

/** Long enough for several processes to compact a year of minutes each. */
const patienceMs = 120_000;

const locked = <T>(lock: Sqlite.Database, work: () => T): T => {
  lock.exec('begin exclusive');
  try {
    return work();
  } finally {
    lock.exec('rollback');
  }
};

/**
 * One process at a time reads, merges and replaces months; two at once would lose candles. An empty SQLite file is
 * the lock: the system lets it go when the process dies, and the ledger is not blocked meanwhile.
 */
export const archiveLock = <T>(dataDir: string, series: string, work: () => T): T => {
  const folder = join(dataDir, 'archive');
  try {
    makeDirectory(folder);
    const lock = new Sqlite(join(folder, '.lock'), { timeout: patienceMs });
    try {
      return locked(lock, work);
    } finally {
      lock.close();
    }
  } catch (error) {
    throw asStorageFailure(error, `the archive of ${series}`);
  }
};
