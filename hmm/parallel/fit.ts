import { createEStep } from '../e-step.ts';
import { type FitOptions, type FittedBy, fit } from '../fit.ts';
import type { FitResult } from '../fit-report.ts';
import { kernelFits } from '../kernel/limits.ts';
import { partition } from '../kernel/partition.ts';
import type { Observations } from '../observations.ts';
import { type Crew, createQueue } from './crew.ts';
import type { Done, FitJob } from './requests.ts';
import { share } from './share.ts';
import { createSplitEStep } from './split-e-step.ts';

/** Where the threads would be busy for less of an E-step than this, they do restarts instead, if there are any. */
const leastBalance = 0.9;

/**
 * `fit` by all threads of the crew, with the same bits: long data are split within the E-step, of short ones each
 * thread takes whole restarts. `onIteration` is called for the iterations that the calling thread does.
 */
export const fitByCrew = (crew: Crew, given: Observations, options: FitOptions): FitResult => {
  if (crew.size === 1) return fit(given, options);
  const data = share(given);
  return fit(
    data,
    options,
    isSplit(crew, data, options) ? splitting(crew) : sharing(crew, { data, options }),
  );
};

/** Fits of several series, one thread each at a time; the results in the order of the jobs. */
export const fitSeriesByCrew = (crew: Crew, given: readonly FitJob[]): FitResult[] => {
  const jobs = given.map(({ data, options }) => ({ data: share(data), options: sendable(options) }));
  const queue = createQueue();
  return inOrder(
    crew.ask(
      'fits',
      Array.from({ length: crew.size }, () => ({ jobs, queue })),
    ),
  );
};

const isSplit = (
  { size }: Crew,
  data: Observations,
  { emission, initial, covarianceType, nStates }: FitOptions,
): boolean => {
  const isStudent = emission === 'student-t' || (!emission && initial?.degreesOfFreedom !== undefined);
  if (isStudent || !kernelFits({ covarianceType, nStates, nFeatures: data.nFeatures }, data)) return false;
  const lengths = partition(data).map(({ from, to }) => to - from);
  if (initial) return lengths.length > 1;
  const total = lengths.reduce((a, b) => a + b, 0);
  const rounds = Math.ceil(lengths.length / size);
  return total / (size * rounds * Math.max(...lengths)) >= leastBalance;
};

const splitting = (crew: Crew): FittedBy => ({
  createEStep: (shape, data, option) =>
    option?.kernel === 'plain' ? createEStep(shape, data, option) : createSplitEStep(crew, shape, data),
});

const sharing = (crew: Crew, { data, options }: FitJob): FittedBy => {
  let isPrepared = false;
  return {
    each(step, inputs) {
      const members = Array.from({ length: crew.size });
      const own = members.map((_, i) => ({ data, options: i === 0 ? options : sendable(options) }));
      if (!isPrepared) crew.ask('prepare', own);
      isPrepared = true;
      const queue = createQueue();
      const requests = members.map(() => ({ inputs, queue })) as never[];
      return inOrder(crew.ask(step, requests));
    },
  };
};

const inOrder = <T>(answers: readonly Done<T>[]): T[] => {
  const results: T[] = [];
  for (const { at, result } of answers.flat()) results[at] = result;
  return results;
};

/** A function cannot go to another thread. */
const sendable = (options: FitOptions): FitOptions => {
  const copy: { -readonly [K in keyof FitOptions]: FitOptions[K] } = { ...options };
  delete copy.onIteration;
  return copy;
};
