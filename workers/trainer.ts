import { Worker } from 'node:worker_threads';
import type { PooledTrainer } from '../activities/pooled/train-pooled.ts';
import type { PooledTraining } from '../activities/pooled/train-pooled-model.ts';
import type { StrictPoolTrainer } from '../activities/pooled/train-strict-pool.ts';
import type { StrictPoolTraining } from '../activities/pooled/train-strict-pool-model.ts';
import type { StrictTrainer } from '../activities/strict/train-strict.ts';
import type { StrictTraining } from '../activities/strict/train-strict-model.ts';
import type { Trainer } from '../activities/train-deps.ts';
import type { SeriesTraining, TrainingProgress } from '../activities/train-series-model.ts';
import type { CandleColumns } from '../ledger/candle-columns.ts';
import { shareColumns } from './share-columns.ts';
import type { ThreadJob, ThreadMessage, ThreadResult } from './training-thread.ts';

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
}): Trainer & PooledTrainer & StrictTrainer & StrictPoolTrainer => {
  const turn = createTurnstile(threads);
  /** The thread answers with the result of the kind of job that it was given. */
  const inThread = async <Result extends ThreadResult>(
    job: ThreadJob,
    { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: TrainingProgress) => void },
  ): Promise<Result> => {
    const leave = await turn(signal);
    try {
      return (await runThread(threadUrl, job, signal, onProgress)) as Result;
    } finally {
      leave();
    }
  };
  return {
    train: (job, options) =>
      inThread<SeriesTraining>({ ...job, columns: shareColumns(job.columns) }, options),
    trainStrict: (job, options) =>
      inThread<StrictTraining>({ ...job, columns: shareColumns(job.columns) }, options),
    trainStrictPool: (job, options) =>
      inThread<StrictPoolTraining>({ ...job, strictPool: shareAll(job.strictPool) }, options),
    trainPooled: (job, options) => inThread<PooledTraining>({ ...job, pool: shareAll(job.pool) }, options),
  };
};

const shareAll = <T extends { readonly columns: CandleColumns }>(members: readonly T[]): T[] =>
  members.map((one) => ({ ...one, columns: shareColumns(one.columns) }));

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
  job: ThreadJob,
  signal: AbortSignal,
  onProgress: (progress: TrainingProgress) => void,
): Promise<ThreadResult> => {
  signal.throwIfAborted();
  const thread = new Worker(url, { workerData: job });
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
): Promise<ThreadResult> =>
  new Promise((resolve, reject) => {
    thread.on('message', (message: ThreadMessage) => {
      if (message.kind === 'progress') onProgress(message.progress);
      if (message.kind === 'done') resolve(message.result);
      if (message.kind === 'failed') reject(new TrainingThreadError(message.message, message.code));
    });
    thread.once('error', reject);
    void exited.then(() => reject(signal.reason ?? new Error('the training thread ended without a result')));
  });
