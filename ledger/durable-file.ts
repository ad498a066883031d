import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { CrashPoint } from './crash-points.ts';
import { asStorageFailure, systemCode } from './storage-failure.ts';

const nothing = (): void => {};

/** Of a file or a folder. */
export const syncPath = (path: string): void => {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** undefined when there is no such file or folder; every other failure is thrown. */
export const ifThere = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/** A rename survives a power cut only when the directory is synced as well. */
export const syncDirectory = (path: string): void => syncPath(path);

/** Folders whose names this process knows to be durable. */
const durable = new Set<string>();
/** Snapshots stage in folders of ever new names. */
const mostRemembered = 10_000;

const notOurs = /^(EACCES|EPERM|EINVAL|ENOTSUP)$/;

/** Of a folder that was there: whoever made it may have died before this. Above the state, folders may be others'. */
const syncNameOnce = (path: string): void => {
  if (durable.has(path)) return;
  try {
    syncDirectory(dirname(path));
  } catch (error) {
    if (!notOurs.test(systemCode(error) ?? '')) throw error;
  }
  if (durable.size >= mostRemembered) durable.clear();
  durable.add(path);
};

/** Makes a directory whose entry in each new parent is durable too; so is that of one that is there. A file is none. */
export const makeDirectory = (path: string): void => {
  if (existsSync(path) && statSync(path).isDirectory()) return syncNameOnce(path);
  makeDirectory(dirname(path));
  mkdirSync(path, { recursive: true });
  syncDirectory(dirname(path));
};

/** A new file with these bytes, on disk when it returns. Its name is durable only after `syncDirectory`. */
export const writeSynced = (path: string, bytes: string | Uint8Array, written = nothing): void => {
  const descriptor = openSync(path, 'wx');
  try {
    writeFileSync(descriptor, bytes);
    written();
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** Half-written files begin like this; the janitor removes old ones. */
export const temporaryPrefix = '.tmp-';

/** Leaves no half-written file behind a failure; only a crash can. */
const orRemove = (temporary: string, work: () => void): void => {
  try {
    work();
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
};

export interface DurableWrite {
  readonly crash?: CrashPoint | undefined;
  /** What the crash points call it. */
  readonly what?: 'file' | 'month' | 'staged';
}

const writeThenRename = (
  path: string,
  bytes: string | Uint8Array,
  { crash = nothing, what = 'file' }: DurableWrite,
): void => {
  const unique = randomBytes(6).toString('hex');
  const temporary = join(dirname(path), `${temporaryPrefix}${unique}-${basename(path)}`);
  orRemove(temporary, () => writeSynced(temporary, bytes, () => crash(`${what}:unsynced`)));
  crash(`${what}:written`);
  orRemove(temporary, () => renameSync(temporary, path));
  crash(`${what}:renamed`);
  syncDirectory(dirname(path));
  crash(`${what}:synced`);
};

/**
 * Replaces `path` as a whole: after a crash it holds the old bytes or the new ones, and after this returns, the
 * new ones. Throws LedgerError `StorageUnavailable` (disk full, read-only …); then nothing was stored.
 */
export const writeDurably = (path: string, bytes: string | Uint8Array, options: DurableWrite = {}): void => {
  try {
    makeDirectory(dirname(path));
    writeThenRename(path, bytes, options);
  } catch (error) {
    throw asStorageFailure(error, path);
  }
};
