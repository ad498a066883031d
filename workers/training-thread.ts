/** The worker thread that fits: a job in, progress and one result out. A job with a `pool` or a
 * `strictPool` is for several series, one with a `lineage` or a `strictPool` for strict mode. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  type PooledJob,
  type PooledTraining,
  trainPooledModel,
} from '../activities/pooled/train-pooled-model.ts';
import {
  type StrictPoolJob,
  type StrictPoolTraining,
  trainStrictPoolModel,
} from '../activities/pooled/train-strict-pool-model.ts';
import {
  type StrictJob,
  type StrictTraining,
  trainStrictModel,
} from '../activities/strict/train-strict-model.ts';
import {
  type SeriesTraining,
  type TrainingJob,
  type TrainingProgress,
  trainSeriesModel,
} from '../activities/train-series-model.ts';

export type ThreadJob = TrainingJob | PooledJob | StrictJob | StrictPoolJob;
export type ThreadResult = SeriesTraining | PooledTraining | StrictTraining | StrictPoolTraining;

export type ThreadMessage =
  | { readonly kind: 'progress'; readonly progress: TrainingProgress }
  | { readonly kind: 'done'; readonly result: ThreadResult }
  | { readonly kind: 'failed'; readonly name: string; readonly code?: string; readonly message: string };

const post = (message: ThreadMessage): void => parentPort?.postMessage(message);

const train = (job: ThreadJob, onProgress: (progress: TrainingProgress) => void): ThreadResult => {
  if ('pool' in job) return trainPooledModel(job, onProgress);
  if ('strictPool' in job) return trainStrictPoolModel(job, onProgress);
  return 'lineage' in job ? trainStrictModel(job, onProgress) : trainSeriesModel(job, onProgress);
};

try {
  const job = workerData as ThreadJob;
  const onProgress = (progress: TrainingProgress): void => post({ kind: 'progress', progress });
  post({ kind: 'done', result: train(job, onProgress) });
} catch (error) {
  const { name, message, code } = error as Error & { code?: string };
  post({ kind: 'failed', name, message, ...(code === undefined ? {} : { code }) });
}
