import type { WorkerMetrics } from './metrics.ts';

/** A pool has timings for each of its members instead. */
type Timed = { readonly timings?: object };

type Train = (job: never, options: never) => Promise<object>;

const observeTimings = ({ phaseSeconds }: WorkerMetrics, { timings = {} }: Timed): void => {
  for (const [name, ms] of Object.entries(timings) as [string, number | undefined][])
    if (ms !== undefined) phaseSeconds.observe({ phase: name.replace(/Ms$/, '') }, ms / 1_000);
};

/** The same trainer, counted while it works and with its phases measured. */
export const observedTrainer = <T extends { readonly [M in keyof T]: Train }>(
  trainer: T,
  metrics: WorkerMetrics,
): T =>
  Object.fromEntries(
    Object.entries<Train>(trainer).map(([name, train]) => [
      name,
      async (job: never, options: never) => {
        metrics.trainings.inc();
        try {
          const result = await train(job, options);
          observeTimings(metrics, result);
          return result;
        } finally {
          metrics.trainings.dec();
        }
      },
    ]),
  ) as T;
