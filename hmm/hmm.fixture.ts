import { createRandom, type Random } from '../numerics/random.ts';
import { type CovarianceType, covarianceSize, type Hmm } from './model.ts';
import type { Observations } from './observations.ts';

export const covarianceTypes: readonly CovarianceType[] = ['spherical', 'diag', 'tied', 'full'];

/** A model with well-conditioned random parameters. */
export const randomModel = (
  seed: number,
  covarianceType: CovarianceType,
  nStates: number,
  nFeatures: number,
): Hmm => {
  const random = createRandom(seed, 1);
  const rows = Array.from({ length: nStates }, () => proportions(random, nStates));
  return {
    covarianceType,
    nStates,
    nFeatures,
    start: Float64Array.from(proportions(random, nStates)),
    transition: Float64Array.from(rows.flat()),
    means: Float64Array.from({ length: nStates * nFeatures }, () => 2 * random.normal()),
    covariances: randomCovariances(random, covarianceType, nStates, nFeatures),
  };
};

const proportions = (random: Random, n: number): number[] => {
  const weights = Array.from({ length: n }, () => 0.1 + random.uniform());
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
};

/** B Bᵀ + I/2 for the matrices. */
const randomCovariances = (random: Random, type: CovarianceType, K: number, D: number): Float64Array => {
  if (type === 'spherical' || type === 'diag') {
    return Float64Array.from({ length: covarianceSize(type, K, D) }, () => 0.3 + random.uniform());
  }
  const matrix = (): number[] => {
    const b = Array.from({ length: D * D }, () => 0.5 * random.normal());
    return b.map((_, at) => {
      const [i, j] = [Math.floor(at / D), at % D];
      const dot = Array.from({ length: D }, (_, k) => b[i * D + k]! * b[j * D + k]!).reduce(
        (x, y) => x + y,
        0,
      );
      return dot + (i === j ? 0.5 : 0);
    });
  };
  return Float64Array.from(Array.from({ length: type === 'tied' ? 1 : K }, matrix).flat());
};

/** Rows from sticky regimes whose means and volatilities differ, in sequences of the given lengths. */
export const regimeRows = (
  seed: number,
  lengths: readonly number[],
  nFeatures: number,
  nRegimes = 3,
): Observations => {
  const random = createRandom(seed, 2);
  const T = lengths.reduce((a, b) => a + b, 0);
  let regime = 0;
  const rows = new Float64Array(T * nFeatures);
  for (let t = 0; t < T; t++) {
    if (random.uniform() < 0.05) regime = random.integer(nRegimes);
    for (let d = 0; d < nFeatures; d++)
      rows[t * nFeatures + d] = regime * (d + 1) + (0.3 + 0.4 * regime) * random.normal();
  }
  return {
    rows,
    nFeatures,
    sequenceStarts: lengths.map((_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0)),
  };
};

export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const apart = Math.abs(a[i]! - b[i]!);
    if (Number.isNaN(apart) || apart > largest)
      largest = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
  }
  return largest;
};
