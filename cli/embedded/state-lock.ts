import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Sqlite } from '../../sqlite.ts';

/**
 * One embedded run per state directory. The lock is SQLite's own on a file: the system frees it when the process dies,
 * so a killed run leaves nothing stale. Returns the release. Throws with the pid of the run that holds it.
 */
export const lockState = (stateDir: string): (() => void) => {
  mkdirSync(stateDir, { recursive: true });
  const holder = path.join(stateDir, 'lock.pid');
  const database = new Sqlite(path.join(stateDir, 'lock.sqlite'), { timeout: 0 });
  try {
    database.pragma('journal_mode = DELETE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    throw new Error(
      `another run (pid ${readFileSync(holder, 'utf8').trim()}) uses ${stateDir}: stop it, or set STATE_DIR to another folder`,
      { cause: error },
    );
  }
  writeFileSync(holder, `${process.pid}\n`);
  return () => {
    database.exec('ROLLBACK');
    database.close();
  };
};
