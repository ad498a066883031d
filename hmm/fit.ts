import { createRandom } from '../numerics/random.ts';
import { baumWelch } from './baum-welch.ts';
import { createEStep } from './e-step.ts';
import { type Counted, createFitCount, type FitCount } from './fit-count.ts';
import { type FitResult, type Run, summarise } from './fit-report.ts';
import { type Emission, givenStart } from './given-start.ts';
import { HmmError } from './hmm-error.ts';
import { initialise } from './initialise.ts';
import type { CovarianceType, Hmm } from './model.ts';
import { demandWeights, hasMissing, type Observations, rowCount } from './observations.ts';
import type { EStep } from './plain-e-step.ts';
import { defaultPrior, defaultStrength, type Prior, type PriorStrength } from './prior.ts';
import { featureMeans, pooledCovariance } from './statistics.ts';

export interface FitOptions {
  readonly nStates: number;
  readonly covarianceType: CovarianceType;
  /** Student-t: the degrees of freedom of each state are estimated too. Default: that of `initial`, or gaussian. */
  readonly emission?: Emission;
  readonly seed: number;
  /** Short runs from k-means++ starts (default 5); the best two are finished. */
  readonly restarts?: number;
  readonly shortIterations?: number;
  readonly maxIterations?: number;
  /** Nats per row that an iteration must still gain. */
  readonly tolerance?: number;
  readonly strength?: PriorStrength;
  /** Go on from this model instead of starting anew. */
  readonly initial?: Hmm;
  /** One more start, such as an earlier model; it wins where its optimum is a better one, by a nat at least. */
  readonly alsoFrom?: Hmm;
  readonly onIteration?: (progress: FitProgress) => void;
}

export interface FitProgress extends Counted {
  readonly restart: number;
  /** Counts on through the short and the long run of a restart. */
  readonly iteration: number;
  readonly logLikelihood: number;
}

/**
 * Default mode: MAP estimation by EM from seeded k-means++ starts. The result depends on the data, the options and the
 * seed only. Missing features (NaN) are integrated out, rows may be weighted. Throws `InvalidData` (no rows, an infinity,
 * a bad weight), `InvalidModel` (a start of another shape) or `ObjectiveFell` (a defect of this library).
 */
export const fit = (data: Observations, given: FitOptions, by: FittedBy = {}): FitResult => {
  const { options, ground, runs: own } = start(data, given, by.createEStep);
  const { initial, alsoFrom } = options;
  const fromSeed = initial
    ? [resume(data, options, ground, initial, 0)]
    : restartRuns(options, by.each ?? inTurn(own));
  const added = alsoFrom ? [resume(data, options, ground, alsoFrom, fromSeed.length)] : [];
  const runs = [...fromSeed, ...added];
  const [best, second] = runs
    .filter((run) => run.finished)
    .sort((a, b) => b.objective - handicap(b, fromSeed) - (a.objective - handicap(a, fromSeed)));
  return summarise(best!, second, runs, rowCount(data));
};

/** Who does the work of a fit, which leaves its bits as they are; absent: the calling thread. */
export interface FittedBy {
  readonly createEStep?: typeof createEStep;
  /** One step of several restarts; the results in the order of the inputs. */
  readonly each?: <Step extends keyof Runs>(
    step: Step,
    inputs: readonly Parameters<Runs[Step]>[0][],
  ) => Run[];
}

/** The steps of a restart, each of which depends on its argument, the data and the options only. */
export interface Runs {
  short(restart: number): Run;
  finish(short: Run): Run;
}

const inTurn =
  (runs: Runs): NonNullable<FittedBy['each']> =>
  (step, inputs) =>
    inputs.map((input) => runs[step](input as never));

/** Throws as `fit` does. */
export const createRuns = (data: Observations, options: FitOptions): Runs => start(data, options).runs;

const start = (data: Observations, given: FitOptions, makeEStep: typeof createEStep = createEStep) => {
  if (!(rowCount(data) > 0)) throw new HmmError('InvalidData', 'there is no row to learn from');
  hasMissing(data);
  demandWeights(data);
  const options = settle(data, given);
  const ground = prepare(data, options, makeEStep);
  const runs: Runs = {
    short: (restart) => shortRun(data, options, ground, restart),
    finish: (short) => finish(data, options, ground, short),
  };
  return { options, ground, runs };
};

/** EM ends a little below its optimum, so an added start in the same one may be higher and is still nothing better. */
const handicap = (run: Run, fromSeed: readonly Run[]): number => (fromSeed.includes(run) ? 0 : 1);

type Settled = FitOptions &
  Required<Pick<FitOptions, 'emission' | 'restarts' | 'shortIterations' | 'maxIterations'>>;

/** The options with what is not given, and the given starts as starts of what is fitted. */
const settle = (data: Observations, options: FitOptions): Settled => {
  const { nStates, covarianceType, initial, alsoFrom } = options;
  const emission = options.emission ?? (initial?.degreesOfFreedom ? 'student-t' : 'gaussian');
  const wanted = { nStates, covarianceType, nFeatures: data.nFeatures, emission };
  const { restarts = 5, shortIterations = 12, maxIterations = 300 } = options;
  return {
    ...options,
    ...{ emission, restarts, shortIterations, maxIterations },
    ...(initial && { initial: givenStart(initial, wanted) }),
    ...(alsoFrom && { alsoFrom: givenStart(alsoFrom, wanted) }),
  };
};

interface Ground {
  readonly prior: Prior;
  readonly centre: Float64Array;
  readonly scale: Float64Array;
  readonly eStep: EStep;
  readonly count: FitCount;
}

const prepare = (data: Observations, options: Settled, makeEStep: typeof createEStep): Ground => {
  const { nStates, covarianceType, emission, strength = defaultStrength } = options;
  const D = data.nFeatures;
  const centre = featureMeans(data);
  const pooled = pooledCovariance(data, centre);
  const scale = Float64Array.from({ length: D }, (_, d) => deviationOf(pooled[d * D + d]!));
  const prior = defaultPrior({ covarianceType, nStates, nFeatures: D }, centre, pooled, strength);
  const shape = { covarianceType, nStates, nFeatures: D };
  const kernel = emission === 'student-t' ? 'plain' : undefined;
  const count = createFitCount(options);
  return { prior, centre, scale, eStep: makeEStep(shape, data, { kernel }), count };
};

/** Of a column that does not vary: 1. Deviations whose squares would vanish count as none. */
const deviationOf = (variance: number): number => (variance > 1e-200 ? Math.sqrt(variance) : 1);

const restartRuns = ({ restarts }: Settled, each: NonNullable<FittedBy['each']>): Run[] => {
  const short = each(
    'short',
    Array.from({ length: restarts }, (_, restart) => restart),
  );
  const best = [...short].sort((a, b) => b.objective - a.objective).slice(0, 2);
  const finished = each('finish', best);
  return short.map((one) => finished[best.indexOf(one)] ?? one);
};

const shortRun = (data: Observations, options: Settled, ground: Ground, restart: number): Run => {
  const random = createRandom(options.seed, restart);
  const initial = initialise(data, options, ground.prior, ground.centre, ground.scale, random);
  const { shortIterations: iterations } = options;
  return run(data, options, ground, { restart, initial, before: 0, iterations, finished: false });
};

const finish = (
  data: Observations,
  options: Settled,
  ground: Ground,
  { restart, result, iterations: before }: Run,
): Run =>
  run(data, options, ground, {
    restart,
    initial: result.model,
    before,
    iterations: options.maxIterations,
    finished: true,
  });

const resume = (data: Observations, options: Settled, ground: Ground, initial: Hmm, restart: number): Run =>
  run(data, options, ground, {
    restart,
    initial,
    before: 0,
    iterations: options.maxIterations,
    finished: true,
  });

const run = (
  data: Observations,
  { tolerance = 1e-6, onIteration }: Settled,
  { prior, eStep, count }: Ground,
  {
    restart,
    initial,
    before,
    iterations,
    finished,
  }: { restart: number; initial: Hmm; before: number; iterations: number; finished: boolean },
): Run => {
  const result = baumWelch(initial, data, {
    prior,
    eStep,
    tolerance,
    maxIterations: iterations,
    onIteration: ({ iteration, logLikelihood }) =>
      onIteration?.({ restart, iteration: before + iteration, logLikelihood, ...count.iterated() }),
  });
  count.spared(iterations - result.objectives.length);
  const objective = result.objectives.at(-1) ?? -Infinity;
  return { restart, result, iterations: before + result.objectives.length, objective, finished };
};
