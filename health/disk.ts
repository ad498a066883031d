import { existsSync, statfsSync } from 'node:fs';
import path from 'node:path';

export interface DiskSpace {
  /** The folder whose disk it is. */
  readonly root: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** A folder that is not made yet will lie on the disk of the nearest one above it. */
export const nearestExisting = (folder: string): string =>
  existsSync(folder) || path.dirname(folder) === folder ? folder : nearestExisting(path.dirname(folder));

/** What a process without special rights may still write. */
export const diskSpace = (roots: readonly string[]): DiskSpace[] =>
  roots.map((root) => {
    const { bavail, blocks, bsize } = statfsSync(nearestExisting(root));
    return { root, freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  });
