/** The worker thread that fits: a job in, progress and one result out. A job with a `pool` is for several series. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  type PooledJob,
  type PooledTraining,
  trainPooledModel,
} from '../activities/pooled/train-pooled-model.ts';
import {
  type SeriesTraining,
  type TrainingJob,
  type TrainingProgress,
  trainSeriesModel,
} from '../activities/train-series-model.ts';

export type ThreadMessage =
  | { readonly kind: 'progress'; readonly progress: TrainingProgress }
  | { readonly kind: 'done'; readonly result: SeriesTraining | PooledTraining }
  | { readonly kind: 'failed'; readonly name: string; readonly code?: string; readonly message: string };

const post = (message: ThreadMessage): void => parentPort?.postMessage(message);

try {
  const job = workerData as TrainingJob | PooledJob;
  const onProgress = (progress: TrainingProgress): void => post({ kind: 'progress', progress });
  const result = 'pool' in job ? trainPooledModel(job, onProgress) : trainSeriesModel(job, onProgress);
  post({ kind: 'done', result });
} catch (error) {
  const { name, message, code } = error as Error & { code?: string };
  post({ kind: 'failed', name, message, ...(code === undefined ? {} : { code }) });
}
