import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Config } from '../config.ts';
import { LedgerError, type LedgerErrorCode } from '../ledger/errors.ts';
import { SnapshotError, type SnapshotErrorCode } from '../snapshots/errors.ts';
import { placesOf } from '../snapshots/places.ts';
import type { SnapshotResult } from '../workflows/types.ts';

interface Failed {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

type Answer = { readonly done: SnapshotResult } | { readonly failed: Failed };

/** Errors lose their class on the way out of a thread. */
const revived = ({ name, message, code }: Failed): Error => {
  if (name === 'SnapshotError') return new SnapshotError(code as SnapshotErrorCode, message);
  if (name === 'LedgerError') return new LedgerError(code as LedgerErrorCode, message);
  return Object.assign(new Error(message), code === undefined ? {} : { code });
};

/** dist/ has the .js beside this file: Node cannot start a thread from a .ts file, tests pass a loader of their own. */
const builtThread = new URL('./snapshot-thread.js', import.meta.url);

export const snapshotInThread =
  (config: Config, threadUrl: URL = builtThread) =>
  async (atMs: number): Promise<SnapshotResult> => {
    const workerData = { places: placesOf(config), keep: config.snapshots.keep, atMs };
    const thread = new Worker(threadUrl, { workerData });
    try {
      const [answer] = (await once(thread, 'message')) as [Answer];
      if ('failed' in answer) throw revived(answer.failed);
      return answer.done;
    } finally {
      await thread.terminate();
    }
  };
