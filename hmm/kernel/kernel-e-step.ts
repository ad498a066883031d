import type { Hmm } from '../model.ts';
import type { Observations } from '../observations.ts';
import { createPlainEStep, type EStep, type Shape } from '../plain-e-step.ts';
import { addStatistics, clearStatistics, createStatistics, type Statistics } from '../statistics.ts';
import { createJobs, type Job, observationsOf } from './jobs.ts';

/**
 * The E-step by the WASM kernel, piece after piece. What it cannot do exactly it leaves to the plain path: pieces in
 * which weights underflow that may matter.
 */
export const createKernelEStep = (shape: Shape, data: Observations): EStep => {
  const { load, jobs } = createJobs(shape, data, 'often');
  return {
    run(model, statistics) {
      clearStatistics(statistics);
      load(model, statistics.centre);
      let logLikelihood = 0;
      let inLogSpace = 0;
      for (const job of jobs) {
        const { expectation, parts } = expect(job, shape, data, model, statistics.centre);
        for (const part of parts) addStatistics(statistics, part);
        logLikelihood += expectation.logLikelihood;
        inLogSpace += expectation.inLogSpace;
      }
      return { logLikelihood, inLogSpace };
    },
  };
};

/** The statistics of the pieces of a job, or of all its rows by the plain path. */
const expect = (job: Job, shape: Shape, data: Observations, model: Hmm, centre: Float64Array) => {
  const parts: Statistics[] = [];
  const expectation = job.run(model, () => {
    const part = createStatistics(model.nStates, centre);
    parts.push(part);
    return { statistics: part };
  });
  if (expectation) return { expectation, parts };
  const whole = createStatistics(model.nStates, centre);
  const plain = createPlainEStep(shape, observationsOf(data, job)).run(model, whole);
  return { expectation: plain, parts: [whole] };
};
