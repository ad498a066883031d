import { copyFileSync, linkSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { ifThere, makeDirectory, syncDirectory, syncPath, temporaryPrefix } from '../ledger/durable-file.ts';
import { systemCode } from '../ledger/storage-failure.ts';

/** Paths of all files under a folder, relative to it, sorted; none when there is no such folder. */
export const filesUnder = (folder: string): string[] =>
  (ifThere(() => readdirSync(folder, { recursive: true, withFileTypes: true })) ?? [])
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();

/** Segments of audit logs under a folder, without one that is being written. */
export const segmentsUnder = (folder: string): string[] =>
  filesUnder(folder).filter((path) => !basename(path).startsWith(temporaryPrefix));

/** Copies a file's bytes durably; its name is durable when its folder is synced. */
export const copySynced = (from: string, to: string): void => {
  makeDirectory(dirname(to));
  copyFileSync(from, to);
  syncPath(to);
};

const cannotLink = /^(EXDEV|EPERM|EMLINK|ENOTSUP|EOPNOTSUPP)$/;

/**
 * For files that are replaced by rename and never written in place (candles): a second name costs no space. Where the
 * file system has no such thing, or the folder is on another disk, it is a copy.
 */
export const linkOrCopy = (from: string, to: string): void => {
  makeDirectory(dirname(to));
  try {
    linkSync(from, to);
  } catch (error) {
    if (!cannotLink.test(systemCode(error) ?? '')) throw error;
    copySynced(from, to);
  }
};

/** Makes the entries of a folder and of all folders in it durable. */
export const syncTree = (folder: string): void => {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) syncTree(join(folder, entry.name));
  syncDirectory(folder);
};
