import { square } from '../numerics/elementary.ts';
import { HmmError } from './hmm-error.ts';
import type { Hmm } from './model.ts';
import { type Observations, rowCount } from './observations.ts';
import type { Prior } from './prior.ts';

/** A number, or an array of any shape that numpy would broadcast. */
export type Broadcast = number | readonly Broadcast[];

/** The six priors of hmmlearn 0.3.3's GaussianHMM, under its names. */
export interface CompatPriors {
  readonly startprob_prior: Broadcast;
  readonly transmat_prior: Broadcast;
  readonly means_prior: Broadcast;
  readonly means_weight: Broadcast;
  readonly covars_prior: Broadcast;
  readonly covars_weight: number;
}

/** hmmlearn 0.3.3's own defaults. */
export const compatDefaults: CompatPriors = {
  startprob_prior: 1,
  transmat_prior: 1,
  means_prior: 0,
  means_weight: 0,
  covars_prior: 0.01,
  covars_weight: 1,
};

/**
 * hmmlearn's priors as the M-step takes them, quirks included: a scalar `covars_prior` is added to every element of a
 * full matrix, and its weight counts as max(w − 1, 0) for diagonal and max(w − D, 0) for full and tied covariances.
 * The variance floor is at the level of rounding (1e-12 of a column's size), so that only nonsense meets it.
 */
export const compatPrior = (model: Hmm, data: Observations, priors: CompatPriors = compatDefaults): Prior => {
  const { nStates: K, nFeatures: D, covarianceType: type } = model;
  const isDiagonal = type === 'diag' || type === 'spherical';
  const scatterShape = isDiagonal ? [K, D] : type === 'tied' ? [D, D] : [K, D, D];
  return {
    startCounts: broadcast(priors.startprob_prior, [K]).map((count) => count - 1),
    transitionCounts: broadcast(priors.transmat_prior, [K, K]).map((count) => count - 1),
    means: broadcast(priors.means_prior, [K, D]),
    meanWeights: broadcast(priors.means_weight, [K, D]),
    scatter: broadcast(priors.covars_prior, scatterShape),
    scatterWeight: Math.max(priors.covars_weight - (isDiagonal ? 1 : D), 0),
    smallestDivisor: isDiagonal ? 1e-5 : 0,
    varianceFloor: largestSizes(data).map((size) => Math.max(square(1e-12 * size), 1e-100)),
    emptyRows: 'zero',
  };
};

/** numpy's rule: trailing dimensions must be equal or 1. */
export const broadcast = (value: Broadcast, shape: readonly number[]): Float64Array => {
  const own: number[] = [];
  for (let part: Broadcast | undefined = value; Array.isArray(part); part = part[0] as Broadcast)
    own.push(part.length);
  const missing = shape.length - own.length;
  const fits = missing >= 0 && own.every((n, i) => n === 1 || n === shape[i + missing]);
  if (!fits) throw new HmmError('InvalidData', `a prior of shape ${own} does not fit ${shape}`);
  const size = shape.reduce((a, b) => a * b, 1);
  return Float64Array.from({ length: size }, (_, at) => element(value, unravel(at, shape).slice(missing)));
};

const element = (value: Broadcast, index: readonly number[]): number => {
  if (typeof value === 'number') return value;
  const [first = 0, ...rest] = index;
  return element(value[value.length === 1 ? 0 : first]!, rest);
};

const unravel = (at: number, shape: readonly number[]): number[] => {
  const index: number[] = [];
  for (const n of shape.toReversed()) {
    index.unshift(at % n);
    at = Math.floor(at / n);
  }
  return index;
};

const largestSizes = (data: Observations): Float64Array => {
  const { rows, nFeatures: D } = data;
  const T = rowCount(data);
  const sizes = new Float64Array(D);
  for (let t = 0; t < T; t++) {
    for (let d = 0; d < D; d++) sizes[d] = Math.max(sizes[d]!, Math.abs(rows[t * D + d]!));
  }
  return sizes;
};
