import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Sqlite } from '../sqlite.ts';
import { makeDirectory } from './durable-file.ts';
import { LedgerError } from './errors.ts';
import { asStorageFailure, systemCode } from './storage-failure.ts';

/** While this file is beside a ledger, a restore has begun and not ended. */
export const restoreJournal = (ledgerFile: string): string => `${ledgerFile}.restore.json`;

/** Another restore's attempt holds its lock for an instant. */
const patienceMs = 2_000;

/**
 * The lock is SQLite's own on a file beside the ledger: the system frees it when the process dies, so a killed one leaves
 * nothing stale. A read transaction shares it, an exclusive one does not.
 */
const lock = (ledgerFile: string, begin: readonly string[], refusal: string): (() => void) => {
  makeDirectory(dirname(ledgerFile));
  const database = new Sqlite(`${ledgerFile}.lock`, { timeout: patienceMs });
  try {
    for (const statement of begin) database.exec(statement);
  } catch (error) {
    database.close();
    if (systemCode(error)?.startsWith('SQLITE_BUSY') !== true) throw asStorageFailure(error, ledgerFile);
    throw new LedgerError('InUse', `${ledgerFile}: ${refusal}`, { cause: error });
  }
  return () => void database.close();
};

/** Throws with what to do. */
export const refuseHalfRestored = (ledgerFile: string): void => {
  if (!existsSync(restoreJournal(ledgerFile))) return;
  throw new LedgerError(
    'InUse',
    `${ledgerFile}: a restore was interrupted half way; complete it first with \`autotrain ledger restore --resume\``,
  );
};

/** For a process that works on the state, for as long as it does: workers, gateways and commands. Returns the release. */
export const holdState = (ledgerFile: string): (() => void) => {
  const share = ['begin', 'select count(*) from sqlite_master'];
  const release = lock(ledgerFile, share, 'a restore is replacing it; start again when it is done');
  try {
    refuseHalfRestored(ledgerFile);
  } catch (error) {
    release();
    throw error;
  }
  return release;
};

/** For a command that works on the state, beside workers or without them. */
export const whileHeld = <T>(ledgerFile: string, work: () => T): T => {
  const release = holdState(ledgerFile);
  try {
    return work();
  } finally {
    release();
  }
};

/** For whoever replaces the state: refused while anyone works on it. Returns the release. */
export const holdStateAlone = (ledgerFile: string): (() => void) =>
  lock(
    ledgerFile,
    ['begin exclusive'],
    'a worker or a gateway works on it; stop all of them first, and let imports and other commands end',
  );
