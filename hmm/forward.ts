import { exp, log } from '../numerics/elementary.ts';
import { HmmError } from './hmm-error.ts';
import type { Hmm } from './model.ts';
import type { Span } from './observations.ts';

/** Below this a weight counts as lost to underflow. */
const vanishing = 1e-150;

/** True when a transition is so small that a state which underflowed could still matter later. */
export const isSparse = (model: Hmm): boolean => model.transition.some((p) => p < 1e-100);

/**
 * The scaled forward pass over one sequence (Rabiner 1989, eqs. 92–93), scaled by the largest log-emission over the
 * states that can be reached, so that an outlier never underflows all of them.
 *
 * `b` [T·K] holds ln bₖ(xₜ) and is replaced by exp(ln b − largest), 0 for states that cannot be reached.
 * `alpha` [T·K] receives the filtered P(state k | x up to t); `logLikelihood` [T] ln p(xₜ | x before t).
 * `predicted` [K] starts as P(state of the first row) and ends as scratch.
 * False: a weight vanished where that may matter; the caller repeats the sequence in log space.
 * Throws `ImpossibleRow` when every reachable state has density 0.
 */
export const forward = (
  model: Hmm,
  { from, to }: Span,
  b: Float64Array,
  alpha: Float64Array,
  logLikelihood: Float64Array,
  predicted: Float64Array = model.start.slice(),
): boolean => {
  const { nStates: K, transition } = model;
  const sparse = isSparse(model);
  for (let t = from; t < to; t++) {
    if (t > from) predict(transition, alpha, (t - 1) * K, predicted, K);
    const largest = largestReachable(b, t * K, predicted, K);
    if (!(largest > -Infinity))
      throw new HmmError('ImpossibleRow', `row ${t}: no state that can be reached explains it`);
    const total = weigh(b, alpha, t * K, predicted, largest, K);
    if (total < vanishing) return false;
    for (let k = t * K; k < (t + 1) * K; k++) alpha[k] = alpha[k]! / total;
    if (sparse && hasVanished(alpha, t * K, predicted, K)) return false;
    logLikelihood[t] = log(total) + largest;
  }
  return true;
};

/** predictedₖ = Σⱼ αⱼ aⱼₖ */
export const predict = (
  transition: Float64Array,
  alpha: Float64Array,
  at: number,
  out: Float64Array,
  K: number,
): void => {
  out.fill(0);
  for (let j = 0; j < K; j++) {
    const weight = alpha[at + j]!;
    const row = j * K;
    for (let k = 0; k < K; k++) out[k] = out[k]! + weight * transition[row + k]!;
  }
};

const largestReachable = (logB: Float64Array, at: number, predicted: Float64Array, K: number): number => {
  let largest = -Infinity;
  for (let k = 0; k < K; k++) {
    if (predicted[k]! > 0 && logB[at + k]! > largest) largest = logB[at + k]!;
  }
  return largest;
};

const weigh = (
  b: Float64Array,
  alpha: Float64Array,
  at: number,
  predicted: Float64Array,
  largest: number,
  K: number,
): number => {
  let total = 0;
  for (let k = 0; k < K; k++) {
    const reach = predicted[k]!;
    const density = reach > 0 ? exp(b[at + k]! - largest) : 0;
    b[at + k] = density;
    const weight = reach * density;
    alpha[at + k] = weight;
    total += weight;
  }
  return total;
};

const hasVanished = (alpha: Float64Array, at: number, predicted: Float64Array, K: number): boolean => {
  for (let k = 0; k < K; k++) if (predicted[k]! > 0 && alpha[at + k]! < vanishing) return true;
  return false;
};
