import { syncPath } from '../ledger/durable-file.ts';
import { Sqlite } from '../sqlite.ts';
import { SnapshotError } from './errors.ts';

const busyTimeoutMs = 10_000;
/** 40 MB: short enough for whatever else the thread does. */
const pagesPerStep = 10_000;
const allPages = 2 ** 30;

/** A write by another connection starts the backup over; so that it ends, it then takes all pages at once. */
const createPacing = () => {
  let least = Number.POSITIVE_INFINITY;
  return ({ remainingPages }: { remainingPages: number }): number => {
    const startedOver = remainingPages > least;
    least = Math.min(least, remainingPages);
    return startedOver ? allPages : pagesPerStep;
  };
};

/** One sound file without a log beside it. */
const settle = (path: string): void => {
  const copy = new Sqlite(path);
  try {
    copy.pragma('journal_mode = DELETE');
    const found = copy.pragma('integrity_check', { simple: true });
    if (found !== 'ok')
      throw new SnapshotError('Damaged', `the backup of ${path} is not sound: ${String(found)}`);
  } finally {
    copy.close();
  }
  syncPath(path);
};

/** An online backup, as of one moment, while others read and write: through SQLite's backup API. Durable when it returns. */
export const backUpDatabase = async (from: string, to: string): Promise<void> => {
  const source = new Sqlite(from, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  try {
    await source.backup(to, { progress: createPacing() });
  } finally {
    source.close();
  }
  settle(to);
};
