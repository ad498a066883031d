import { exp, log } from '../../numerics/elementary.ts';
import { filterObservations } from '../filter.ts';
import type { Hmm } from '../model.ts';
import type { Observations } from '../observations.ts';
import { averageBars } from './averaging.ts';

export interface FilteredEnsemble {
  /** [T]: one-step predictive log-likelihood of the mixture, nats in scaled units. */
  readonly logLikelihood: Float64Array;
  /** [M]: weights after the last row. */
  readonly weights: Float64Array;
  /** [M][K]: filtered probabilities of each member at the last row. */
  readonly filtered: readonly Float64Array[];
}

/**
 * The causal filter of the mixture over rows of one scaling, in sequences. `weights` [M] of before the first row; even
 * ones when left out. Throws as `filterObservations` does.
 */
export const filterEnsemble = (
  models: readonly Hmm[],
  data: Observations,
  { forgetting, weights }: { readonly forgetting: number; readonly weights?: readonly number[] },
): FilteredEnsemble => {
  const members = models.map((model) => filterObservations(model, data));
  const before = weights ? Float64Array.from(weights, log) : undefined;
  const { logLikelihood, logWeights } = averageBars(
    members.map((member) => member.logLikelihood),
    forgetting,
    before,
  );
  return {
    logLikelihood,
    weights: logWeights.slice(-models.length).map(exp),
    filtered: members.map(({ filtered }, m) => filtered.slice(-models[m]!.nStates)),
  };
};
