import { cholesky } from '../numerics/cholesky.ts';
import type { Random } from '../numerics/random.ts';
import { gamma } from '../numerics/random-gamma.ts';
import type { Hmm } from './model.ts';

export interface Sample {
  /** [T]: the hidden state of each row. */
  readonly states: Int32Array;
  /** [T·D] */
  readonly rows: Float64Array;
}

/**
 * One sequence of `length` rows drawn from the model. The same generator state gives the same bits; a state of
 * probability 0 is never entered.
 */
export const sample = (model: Hmm, length: number, random: Random): Sample => {
  const { nStates: K, nFeatures: D } = model;
  const states = new Int32Array(length);
  const rows = new Float64Array(length * D);
  const roots = covarianceRoots(model);
  for (let t = 0; t < length; t++) {
    const [law, at] = t === 0 ? [model.start, 0] : [model.transition, states[t - 1]! * K];
    states[t] = draw(law, at, K, random);
    drawRow(model, roots, states[t]!, random, rows.subarray(t * D, (t + 1) * D));
  }
  return { states, rows };
};

/** Inversion of the cumulative sum; rounding may leave the end of it uncovered, which falls to the last state > 0. */
const draw = (probabilities: Float64Array, at: number, K: number, random: Random): number => {
  const target = random.uniform();
  let sum = 0;
  let last = 0;
  for (let k = 0; k < K; k++) {
    const p = probabilities[at + k]!;
    if (p === 0) continue;
    sum += p;
    last = k;
    if (target < sum) return k;
  }
  return last;
};

/** x = μ + √(ν / χ²_ν) L z, without the root for Gaussian emissions. */
const drawRow = (
  { nFeatures: D, means, degreesOfFreedom }: Hmm,
  roots: Float64Array,
  k: number,
  random: Random,
  out: Float64Array,
): void => {
  const nu = degreesOfFreedom?.[k];
  const stretch = nu === undefined ? 1 : Math.sqrt(nu / (2 * gamma(nu / 2, random)));
  for (let i = 0; i < D; i++) out[i] = stretch * random.normal();
  for (let i = D - 1; i >= 0; i--) {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += roots[(k * D + i) * D + j]! * out[j]!;
    out[i] = means[k * D + i]! + sum;
  }
};

/** [K·D·D]: Lₖ with Lₖ Lₖᵀ = Σₖ. */
const covarianceRoots = ({ covarianceType: type, nStates: K, nFeatures: D, covariances }: Hmm) => {
  const roots = new Float64Array(K * D * D);
  for (let k = 0; k < K; k++) {
    if (type === 'full' || type === 'tied') {
      cholesky(covariances, D, roots, type === 'tied' ? 0 : k * D * D, k * D * D);
      continue;
    }
    for (let d = 0; d < D; d++)
      roots[(k * D + d) * D + d] = Math.sqrt(covariances[type === 'spherical' ? k : k * D + d]!);
  }
  return roots;
};
