import { createWorkspace, forwardBackward } from './forward-backward.ts';
import type { Hmm } from './model.ts';
import type { Observations } from './observations.ts';
import { accumulate, clearStatistics, type Statistics } from './statistics.ts';

/** What one E-step says besides the statistics. */
export interface Expectation {
  /** ln p(rows) under the model, nats. */
  readonly logLikelihood: number;
  /** Sequences that had to be done in log space. */
  readonly inLogSpace: number;
}

/** The E-step over fixed data; its arrays are made once and used again by every iteration and restart. */
export interface EStep {
  /** Replaces what `statistics` holds by the expected sufficient statistics of the data under `model`. */
  run(model: Hmm, statistics: Statistics): Expectation;
}

export type Shape = Pick<Hmm, 'covarianceType' | 'nStates' | 'nFeatures' | 'degreesOfFreedom'>;

/** The readable reference; it takes whatever `forwardBackward` and `accumulate` take. */
export const createPlainEStep = ({ nStates }: Pick<Shape, 'nStates'>, data: Observations): EStep => {
  const workspace = createWorkspace(data, nStates);
  return {
    run(model, statistics) {
      clearStatistics(statistics);
      const expectation = forwardBackward(model, data, workspace, statistics.transitions);
      accumulate(model, data, workspace, statistics);
      return expectation;
    },
  };
};
