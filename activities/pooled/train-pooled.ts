import type { PooledOutcome, SeriesFailure, TrainPooledRequest } from '../../workflows/types.ts';
import { fixedStates } from '../choose-states.ts';
import { underLease } from '../lease.ts';
import { quarantiningBadFiles } from '../quarantine.ts';
import { stageTraining } from '../staging.ts';
import { prepare } from '../train.ts';
import type { TrainDeps } from '../train-deps.ts';
import type { TrainingProgress } from '../train-series-model.ts';
import { pooledInputs } from '../training-inputs.ts';
import { leftByFit, reasonOf } from './left-out.ts';
import type { PooledJob, PooledTraining } from './train-pooled-model.ts';
import { type StrictPoolDeps, trainStrictPool } from './train-strict-pool.ts';

/** As `Trainer`, for one model over several series. */
export interface PooledTrainer {
  trainPooled(
    job: PooledJob,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: TrainingProgress) => void },
  ): Promise<PooledTraining>;
}

export type PooledDeps = TrainDeps & StrictPoolDeps & { readonly trainer: PooledTrainer };

type Prepared = ReturnType<typeof prepare> & { readonly series: string };

export const createPooledActivities = (deps: PooledDeps) => ({
  /**
   * MODEL_SCOPE=pooled: trains one model over the series of the claim and stages a training for each. A series that
   * cannot take part (short, a bad file) is left out with its reason and stops no other.
   */
  async trainPooled(request: TrainPooledRequest): Promise<PooledOutcome> {
    if (deps.options.exactlyOnce) return await trainStrictPool(deps, request);
    const { ready, left } = prepareAll(deps, { ...request, series: [...request.series].sort() });
    const [first] = ready;
    if (!first) return { trained: [], left };
    const job = jobOf(first, ready);
    const held = { claimId: request.claimId, what: `a pool of ${ready.length}` };
    const { trainings, left: byFit } = await underLease(deps, held, (options) =>
      deps.trainer.trainPooled(job, options),
    ).catch((error: unknown): PooledTraining => ({ trainings: {}, left: leftByFit(ready, error) }));
    const poolInputs = Object.fromEntries(
      ready.map(({ series, inputs }) => [series, pooledInputs(inputs, job)]),
    );
    const trained = ready.flatMap((one) => {
      const training = trainings[one.series];
      if (!training) return [];
      const { series, dataHash, newCandles } = one;
      return [stageTraining(deps, request.claimId, series, { training, dataHash, newCandles, poolInputs })];
    });
    return { trained, left: [...left, ...byFit].sort((a, b) => (a.series < b.series ? -1 : 1)) };
  },
});

/** What the next attempt may find mended stops the activity; everything else leaves the series out. */
const prepareAll = (
  deps: PooledDeps,
  request: TrainPooledRequest,
): { ready: Prepared[]; left: SeriesFailure[] } => {
  const ready: Prepared[] = [];
  const left: SeriesFailure[] = [];
  const { claimId, nStates } = request;
  for (const series of request.series) {
    try {
      const one = { claimId, series, ...(nStates === undefined ? {} : { nStates }) };
      ready.push({ series, ...quarantiningBadFiles(deps.ledger, () => prepare(deps, one)) });
    } catch (error) {
      left.push({ series, ...reasonOf(error) });
    }
  }
  return { ready, left };
};

/** Looks at the champions are spent by the pool as a whole: the series that was looked at most counts. */
const jobOf = ({ job }: Prepared, ready: readonly Prepared[]): PooledJob => {
  const { columns: _, champion: __, gate, nStates, ...shared } = job;
  return {
    ...shared,
    nStates: fixedStates(nStates),
    gate: { ...gate, look: Math.max(...ready.map((one) => one.job.gate.look)) },
    pool: ready.map(({ series, job: { columns, champion } }) => ({
      ...{ series, columns },
      ...(champion ? { champion } : {}),
    })),
  };
};
