import { posteriors } from '../inference.ts';
import type { Observations } from '../observations.ts';
import { scaleRows } from '../scaler.ts';
import { type ScaledModel, stateDensities } from './state-density.ts';

/** What a state says about returns, free of units but for the volatility, of which only the order counts. */
export interface StateMeaning {
  /** Mean log return in standard errors: μ √n / σ with n the state's expected number of rows. */
  readonly drift: number;
  /** σ of the log return. */
  readonly volatility: number;
}

/** The meaning of each state on the rows of natural units that it was learned from; `logret` is that feature's index. */
export const stateMeanings = (model: ScaledModel, window: Observations, logret = 0): StateMeaning[] => {
  const K = model.hmm.nStates;
  const { gamma } = posteriors(model.hmm, { ...window, rows: scaleRows(model.scaler, window.rows) });
  const counts = new Float64Array(K);
  gamma.forEach((p, i) => {
    counts[i % K] = counts[i % K]! + p;
  });
  return meaningsOf(model, counts, logret);
};

/** The same where the expected number of rows of each state is known already. `counts` [K]. */
export const meaningsOf = (model: ScaledModel, counts: ArrayLike<number>, logret = 0): StateMeaning[] =>
  stateDensities(model).map(({ mean, covariance }, k) => {
    const volatility = Math.sqrt(covariance[logret * mean.length + logret]!);
    return { drift: (mean[logret]! * Math.sqrt(counts[k]!)) / volatility, volatility };
  });
