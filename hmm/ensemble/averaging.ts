import { logSumExp } from '../../numerics/log-sum-exp.ts';

/** No weight falls below e^-700: it stays a number that JSON holds, and no member is lost for good. */
const leastLogWeight = -700;

/** ln(1/M) for each of M members. [M] */
export const evenLogWeights = (members: number): Float64Array =>
  new Float64Array(members).fill(-logSumExp(new Float64Array(members)));

/**
 * One bar of Bayesian model averaging with forgetting (Raftery, Kárný & Ettler 2010, Technometrics 52, eqs. 15–16):
 *
 *   πₘ = wₘ^φ / Σ w^φ      the weights before the bar, drawn towards 1/M by the forgetting φ in (0, 1]
 *   p  = Σₘ πₘ pₘ          the mixture's one-step predictive density
 *   wₘ = πₘ pₘ / p         the weights after the bar
 *
 * `logWeights` [M] holds ln w and is replaced; `logLikelihoods` [M] are ln pₘ of the bar. Returns ln p in nats.
 * With φ = 1 the mixture loses at most ln M nats to the best member, over any number of bars: Πₜ p = Σₘ Πₜ pₘ / M.
 */
export const averageBar = (
  logWeights: Float64Array,
  logLikelihoods: ArrayLike<number>,
  forgetting: number,
): number => {
  const M = logWeights.length;
  for (let m = 0; m < M; m++) logWeights[m] = forgetting * logWeights[m]!;
  const total = logSumExp(logWeights);
  for (let m = 0; m < M; m++) logWeights[m] = logWeights[m]! - total + logLikelihoods[m]!;
  const logLikelihood = logSumExp(logWeights);
  for (let m = 0; m < M; m++) logWeights[m] = Math.max(logWeights[m]! - logLikelihood, leastLogWeight);
  return logLikelihood;
};

export interface Averaged {
  /** [T]: one-step predictive log-likelihood of the mixture, nats. */
  readonly logLikelihood: Float64Array;
  /** [T·M]: ln of the weights after each bar. */
  readonly logWeights: Float64Array;
}

/** The same over T bars. `logLikelihoods`: [T] of each member; `before`: ln of the weights to start from, else even ones. */
export const averageBars = (
  logLikelihoods: readonly Float64Array[],
  forgetting: number,
  before: Float64Array = evenLogWeights(logLikelihoods.length),
): Averaged => {
  const M = logLikelihoods.length;
  const T = logLikelihoods[0]?.length ?? 0;
  const now = before.slice();
  const bar = new Float64Array(M);
  const logLikelihood = new Float64Array(T);
  const logWeights = new Float64Array(T * M);
  for (let t = 0; t < T; t++) {
    for (let m = 0; m < M; m++) bar[m] = logLikelihoods[m]![t]!;
    logLikelihood[t] = averageBar(now, bar, forgetting);
    logWeights.set(now, t * M);
  }
  return { logLikelihood, logWeights };
};
