import { once } from 'node:events';
import type { PooledTrainer } from '../../activities/pooled/train-pooled.ts';
import { trainPooledModel } from '../../activities/pooled/train-pooled-model.ts';
import type { StrictPoolTrainer } from '../../activities/pooled/train-strict-pool.ts';
import { trainStrictPoolModel } from '../../activities/pooled/train-strict-pool-model.ts';
import type { StrictTrainer } from '../../activities/strict/train-strict.ts';
import { trainStrictModel } from '../../activities/strict/train-strict-model.ts';
import type { Trainer as SeriesTrainer } from '../../activities/train-deps.ts';
import { type TrainingJob, trainSeriesModel } from '../../activities/train-series-model.ts';

export type Trainer = SeriesTrainer & PooledTrainer & StrictTrainer & StrictPoolTrainer;

/** Fits for real, but on the calling thread: small jobs are done before a thread would have started. */
export const trainHere: Trainer = {
  train: async (job, { onProgress }) => trainSeriesModel(job, onProgress),
  trainPooled: async (job, { onProgress }) => trainPooledModel(job, onProgress),
  trainStrict: async (job, { onProgress }) => trainStrictModel(job, onProgress),
  trainStrictPool: async (job, { onProgress }) => trainStrictPoolModel(job, onProgress),
};

const passed = { decision: 'pass', reason: 'the test lets it pass', checks: [] } as const;

const allPassed = <T extends object>(trainings: Readonly<Record<string, T>>) =>
  Object.fromEntries(Object.entries(trainings).map(([series, one]) => [series, { ...one, gate: passed }]));

/** Fits for real; whatever the gate says of the candidate, it passes. */
export const trainAndPass: Trainer = {
  train: async (job, options) => ({
    ...(await trainHere.train(job, options)),
    gate: passed,
  }),
  trainPooled: async (job, options) => {
    const { trainings, left } = await trainHere.trainPooled(job, options);
    return { left, trainings: allPassed(trainings) };
  },
  trainStrictPool: async (job, options) => allPassed(await trainHere.trainStrictPool(job, options)),
  trainStrict: async (job, options) => ({
    ...(await trainHere.trainStrict(job, options)),
    gate: passed,
  }),
};

export const trainerThatThrows = (message: string): Trainer => {
  const fails = async (): Promise<never> => {
    // As the thread reports it: activities/translate.ts knows it by this name.
    throw Object.assign(new Error(message), { name: 'TrainingThreadError' });
  };
  return { train: fails, trainPooled: fails, trainStrict: fails, trainStrictPool: fails };
};

export interface HeldTraining {
  readonly job: TrainingJob;
  readonly signal: AbortSignal;
  /** Lets it fit and answer. */
  release(): void;
}

/** Each training posts progress and waits until it is released, or aborted; `deaf` ones do not hear the abort. */
export const heldTrainer = ({ deaf = () => false }: { deaf?: (call: number) => boolean } = {}) => {
  const calls: HeldTraining[] = [];
  const trainer: Trainer = {
    ...trainHere,
    train: async (job, options) => {
      const { signal, onProgress } = options;
      onProgress({ phase: 'fit', restart: 0, iteration: 1, logLikelihood: -1, done: 2, of: 660 });
      let release: () => void = () => undefined;
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      const ignores = deaf(calls.length);
      calls.push({ job, signal, release });
      await (ignores ? released : Promise.race([released, once(signal, 'abort')]));
      if (!ignores) signal.throwIfAborted();
      return trainAndPass.train(job, options);
    },
  };
  return { trainer, calls, releaseAll: () => calls.forEach((call) => call.release()) };
};
