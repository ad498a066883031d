import { type Posteriors, plainPosteriors } from '../forward-backward.ts';
import type { Hmm } from '../model.ts';
import type { Observations } from '../observations.ts';
import { createJobs, observationsOf } from './jobs.ts';

/** Smoothed posteriors by the kernel; pieces in which weights underflow by the plain path. */
export const kernelPosteriors = (model: Hmm, data: Observations): Posteriors => {
  const K = model.nStates;
  const gamma = new Float64Array((data.rows.length / data.nFeatures) * K);
  const { load, jobs } = createJobs(model, data, 'once');
  load(model, new Float64Array(data.nFeatures));
  let logLikelihood = 0;
  for (const job of jobs) {
    const expectation = job.run(model, ({ from, to }) => ({ gamma: gamma.subarray(from * K, to * K) }));
    if (expectation) {
      logLikelihood += expectation.logLikelihood;
      continue;
    }
    const plain = plainPosteriors(model, observationsOf(data, job));
    gamma.set(plain.gamma, job.from * K);
    logLikelihood += plain.logLikelihood;
  }
  return { gamma, logLikelihood };
};
