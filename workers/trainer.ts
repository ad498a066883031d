import { Worker } from 'node:worker_threads';
import type { Trainer } from '../activities/train.ts';
import type { SeriesTraining, TrainingJob, TrainingProgress } from '../activities/train-series-model.ts';
import { shareColumns } from './share-columns.ts';
import type { ThreadMessage } from './training-thread.ts';

/** Node cannot start a thread from a .ts file: dist/ has the .js beside this file, tests pass a loader of their own. */
const builtThread = new URL('./training-thread.js', import.meta.url);

/** A fit that failed in its thread; `code` is the code of the error there. */
export class TrainingThreadError extends Error {
  readonly code: string | undefined;
  constructor(message: string, code: string | undefined) {
    super(message);
    this.name = 'TrainingThreadError';
    this.code = code;
  }
}

/** Fits run in threads of their own, at most `threads` at once; the others wait for their turn. */
export const createTrainer = ({
  threads,
  threadUrl = builtThread,
}: {
  threads: number;
  threadUrl?: URL;
}): Trainer => {
  const turn = createTurnstile(threads);
  return {
    async train(job, { signal, onProgress }) {
      const leave = await turn(signal);
      try {
        return await runThread(threadUrl, job, signal, onProgress);
      } finally {
        leave();
      }
    },
  };
};

const createTurnstile = (places: number) => {
  const waiting: (() => void)[] = [];
  let free = places;
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  return async (signal: AbortSignal): Promise<() => void> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    if (!signal.aborted) return leave;
    leave();
    throw signal.reason;
  };
};

/** Rejects only after the thread is gone, so nothing is given back while it still computes. */
const runThread = async (
  url: URL,
  job: TrainingJob,
  signal: AbortSignal,
  onProgress: (progress: TrainingProgress) => void,
): Promise<SeriesTraining> => {
  signal.throwIfAborted();
  const thread = new Worker(url, { workerData: { ...job, columns: shareColumns(job.columns) } });
  const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  const stop = (): void => void thread.terminate();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await resultOf(thread, exited, signal, onProgress);
  } finally {
    signal.removeEventListener('abort', stop);
    await thread.terminate();
  }
};

const resultOf = (
  thread: Worker,
  exited: Promise<void>,
  signal: AbortSignal,
  onProgress: (progress: TrainingProgress) => void,
): Promise<SeriesTraining> =>
  new Promise((resolve, reject) => {
    thread.on('message', (message: ThreadMessage) => {
      if (message.kind === 'progress') onProgress(message.progress);
      if (message.kind === 'done') resolve(message.result);
      if (message.kind === 'failed') reject(new TrainingThreadError(message.message, message.code));
    });
    thread.once('error', reject);
    void exited.then(() => reject(signal.reason ?? new Error('the training thread ended without a result')));
  });
