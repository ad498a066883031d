import { exp, log } from '../numerics/elementary.ts';
import { logSumExp } from '../numerics/log-sum-exp.ts';
import { HmmError } from './hmm-error.ts';
import type { Hmm } from './model.ts';
import type { Span } from './observations.ts';

/**
 * The same recursions with logarithms throughout: slow, never underflowing, and the readable reference of the scaled
 * ones. Every row is normalised, and its log-emissions are taken from the largest among the states that can be reached, so
 * that sums stay near 0 where doubles are dense: at an outlier ln b is −1e12, whose neighbour is 1e-4 away.
 *
 * `logB` [T·K] is read. `logAlpha` [T·K] receives ln P(state k | x up to t), `logLikelihood` [T] ln p(xₜ | x before t).
 */
export const forwardLog = (
  model: Hmm,
  { from, to }: Span,
  logB: Float64Array,
  logAlpha: Float64Array,
  logLikelihood: Float64Array,
  start: Float64Array = model.start,
): void => {
  const { nStates: K } = model;
  const logA = model.transition.map(log);
  const terms = new Float64Array(K);
  for (let t = from; t < to; t++) {
    for (let k = 0; k < K; k++) {
      if (t > from) for (let j = 0; j < K; j++) terms[j] = logAlpha[(t - 1) * K + j]! + logA[j * K + k]!;
      logAlpha[t * K + k] = t > from ? logSumExp(terms) : log(start[k]!);
    }
    const largest = largestReachable(logB, logAlpha, t, K);
    for (let k = t * K; k < (t + 1) * K; k++)
      if (logAlpha[k]! > -Infinity) logAlpha[k] = logAlpha[k]! + (logB[k]! - largest);
    logLikelihood[t] = normalizeLog(logAlpha, t, K) + largest;
  }
};

/**
 * Smoothed posteriors γ [T·K] from `logAlpha`, and Σₜ P(j at t − 1, k at t) added to `transitionCounts` [K·K] when given.
 * `gamma` may be the array of `logB`: row t is read before it is written.
 */
export const backwardLog = (
  model: Hmm,
  { from, to }: Span,
  logB: Float64Array,
  logAlpha: Float64Array,
  gamma: Float64Array,
  transitionCounts?: Float64Array,
): void => {
  const { nStates: K } = model;
  const logA = model.transition.map(log);
  const logBeta = new Float64Array(K);
  const joint = new Float64Array(K);
  const terms = new Float64Array(K);
  for (let t = to - 1; t >= from; t--) {
    const largest = largestReachable(logB, logAlpha, t, K);
    for (let k = 0; k < K; k++) joint[k] = logB[t * K + k]! - largest + logBeta[k]!;
    posteriorLog(logAlpha, logBeta, gamma, t, K);
    if (t === from) return;
    for (let j = 0; j < K; j++) {
      for (let k = 0; k < K; k++) terms[k] = logA[j * K + k]! + joint[k]!;
      logBeta[j] = logSumExp(terms);
    }
    const scale = balance(logAlpha, logBeta, (t - 1) * K, K);
    if (!transitionCounts) continue;
    for (let j = 0; j < K; j++) {
      for (let k = 0; k < K; k++) {
        const log = logAlpha[(t - 1) * K + j]! + logA[j * K + k]! + joint[k]! - scale;
        transitionCounts[j * K + k] = transitionCounts[j * K + k]! + exp(log);
      }
    }
  }
};

/** Throws `ImpossibleRow` when it is −∞: no state that can be reached explains the row. */
const largestReachable = (logB: Float64Array, reach: Float64Array, t: number, K: number): number => {
  let largest = -Infinity;
  for (let k = t * K; k < (t + 1) * K; k++)
    if (reach[k]! > -Infinity && logB[k]! > largest) largest = logB[k]!;
  if (!(largest > -Infinity))
    throw new HmmError('ImpossibleRow', `row ${t}: no state that can be reached explains it`);
  return largest;
};

const normalizeLog = (values: Float64Array, t: number, K: number): number => {
  const total = logSumExp(values, t * K, K);
  for (let k = t * K; k < (t + 1) * K; k++) values[k] = values[k]! - total;
  return total;
};

const posteriorLog = (
  logAlpha: Float64Array,
  logBeta: Float64Array,
  gamma: Float64Array,
  t: number,
  K: number,
): void => {
  const joint = logBeta.map((beta, k) => logAlpha[t * K + k]! + beta);
  const total = logSumExp(joint);
  for (let k = 0; k < K; k++) gamma[t * K + k] = exp(joint[k]! - total);
};

/** Scales β so that Σ α β = 1, and returns the logarithm of what it was. */
const balance = (logAlpha: Float64Array, logBeta: Float64Array, at: number, K: number): number => {
  const scale = logSumExp(logBeta.map((beta, k) => logAlpha[at + k]! + beta));
  for (let k = 0; k < K; k++) logBeta[k] = logBeta[k]! - scale;
  return scale;
};
