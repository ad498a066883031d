import type { Config } from '../../config.ts';
import { diskSpace } from '../../health/disk.ts';
import { foldersOf } from '../../health/folders.ts';
import { type Check, fail, ok, warn } from './check.ts';

/** With less a ledger cannot even write its log. */
const leastBytes = 64 * 2 ** 20;

const megabytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20).toLocaleString('en-US')} MB`;

const advice =
  'free space, set LEDGER_ROWS_DAYS, KEEP_N_MODELS and SNAPSHOT_KEEP lower, or move what lies there';

const checkRoot = (root: string, freeBytes: number, limit: number): Check => {
  const found = `${megabytes(freeBytes)} free on the disk of ${root}`;
  if (freeBytes < leastBytes) return fail('disk', found, advice);
  if (freeBytes < limit) return warn('disk', `${found}; ALERT_DISK_FREE_MB is ${megabytes(limit)}`, advice);
  return ok('disk', found);
};

export const checkDisk = (config: Config, measure?: Parameters<typeof diskSpace>[1]): Check[] =>
  diskSpace(foldersOf(config), measure).map(({ root, freeBytes }) =>
    checkRoot(root, freeBytes, config.health.diskFreeBytes),
  );
