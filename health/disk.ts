import { existsSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Folder } from './folders.ts';

export interface DiskSpace extends Folder {
  /** The same for all folders of one disk. */
  readonly device: number;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** A folder that is not made yet will lie on the disk of the nearest one above it. */
export const nearestExisting = (folder: string): string =>
  existsSync(folder) || path.dirname(folder) === folder ? folder : nearestExisting(path.dirname(folder));

/** What a process without special rights may still write. */
const measured = (folder: Folder): DiskSpace => {
  const place = nearestExisting(folder.root);
  const { bavail, blocks, bsize } = statfsSync(place);
  const { dev: device } = statSync(place);
  return { ...folder, device, freeBytes: bavail * bsize, totalBytes: blocks * bsize };
};

/** For `filter`: one speaks for all folders of its disk. */
export const isFirstOfItsDisk = ({ device }: DiskSpace, at: number, disks: readonly DiskSpace[]): boolean =>
  disks.findIndex((one) => one.device === device) === at;

/** Each disk that the loop can fill: the two roots always, another folder where it has a disk of its own. */
export const diskSpace = (
  folders: readonly Folder[],
  measure: (folder: Folder) => DiskSpace = measured,
): DiskSpace[] =>
  folders
    .map(measure)
    .filter(
      (disk, at, all) => disk.name === 'data' || disk.name === 'models' || isFirstOfItsDisk(disk, at, all),
    );
