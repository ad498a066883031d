/** The worker thread that fits one series: a job in, progress and one result out. */
import { parentPort, workerData } from 'node:worker_threads';
import { type TrainingJob, trainSeriesModel } from '../activities/train-series-model.ts';

export type ThreadMessage =
  | { readonly kind: 'progress'; readonly progress: Parameters<Parameters<typeof trainSeriesModel>[1]>[0] }
  | { readonly kind: 'done'; readonly result: ReturnType<typeof trainSeriesModel> }
  | { readonly kind: 'failed'; readonly name: string; readonly code?: string; readonly message: string };

const post = (message: ThreadMessage): void => parentPort?.postMessage(message);

try {
  const result = trainSeriesModel(workerData as TrainingJob, (progress) =>
    post({ kind: 'progress', progress }),
  );
  post({ kind: 'done', result });
} catch (error) {
  const { name, message, code } = error as Error & { code?: string };
  post({ kind: 'failed', name, message, ...(code === undefined ? {} : { code }) });
}
