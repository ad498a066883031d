import { log } from '../numerics/elementary.ts';
import { meanOf } from './rolling.ts';

/** λ that training rows may choose from; RiskMetrics (1996) took 0.94 for days. */
const decays = [0.9, 0.94, 0.97, 0.985, 0.995, 0.998] as const;

export interface EwmaScores {
  /** The λ under which the training rows were likeliest. */
  readonly decay: number;
  /** [T]: ln p of each row given those before it, in the units of the rows, nats. */
  readonly logLikelihood: Float64Array;
}

/**
 * EWMA-volatility Gaussian: xₜ ~ N(m, Σₜ), Σₜ₊₁ = λ Σₜ + (1 − λ)(xₜ − m)(xₜ − m)ᵀ, m and the first Σ of the `training`
 * first rows. `rows` [T·D]. λ is the best of a grid on the training rows; a ridge of 1e-4 of the training variance
 * keeps Σ definite.
 */
export const ewmaScores = (rows: Float64Array, D: number, training: number): EwmaScores => {
  const ground = groundOf(rows.subarray(0, training * D), D);
  const runs = decays.map((decay) => {
    const logLikelihood = run(rows, D, ground, decay);
    return { decay, logLikelihood, score: meanOf(logLikelihood.subarray(0, training)) };
  });
  const { decay, logLikelihood } = runs.reduce((best, one) => (one.score > best.score ? one : best));
  return { decay, logLikelihood };
};

interface Ground {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

const groundOf = (rows: Float64Array, D: number): Ground => {
  const T = rows.length / D;
  const mean = new Float64Array(D);
  rows.forEach((x, i) => {
    mean[i % D] = mean[i % D]! + x / T;
  });
  const covariance = new Float64Array(D * D);
  for (let t = 0; t < T; t++) addProduct(covariance, centred(rows, t, mean), 1 / T);
  return { mean, covariance };
};

const centred = (rows: Float64Array, t: number, mean: Float64Array): Float64Array =>
  mean.map((m, d) => rows[t * mean.length + d]! - m);

const addProduct = (to: Float64Array, x: Float64Array, weight: number): void => {
  const D = x.length;
  for (let i = 0; i < D; i++)
    for (let j = 0; j < D; j++) to[i * D + j] = to[i * D + j]! + weight * x[i]! * x[j]!;
};

const run = (rows: Float64Array, D: number, { mean, covariance }: Ground, decay: number): Float64Array => {
  const now = covariance.slice();
  const scratch = new Float64Array(D * D);
  const logLikelihood = new Float64Array(rows.length / D);
  for (let t = 0; t < logLikelihood.length; t++) {
    const x = centred(rows, t, mean);
    scratch.set(now);
    for (let d = 0; d < D; d++) scratch[d * D + d]! += 1e-4 * covariance[d * D + d]!;
    logLikelihood[t] = gaussian(scratch, x.slice());
    for (let i = 0; i < now.length; i++) now[i] = now[i]! * decay;
    addProduct(now, x, 1 - decay);
  }
  return logLikelihood;
};

/** ln N(x; 0, Σ); Cholesky and forward substitution in one pass, `sigma` and `x` are overwritten. */
const gaussian = (sigma: Float64Array, x: Float64Array): number => {
  const D = x.length;
  let sum = D * log(2 * Math.PI);
  for (let i = 0; i < D; i++) {
    let z = x[i]!;
    for (let j = 0; j <= i; j++) {
      let value = sigma[i * D + j]!;
      for (let k = 0; k < j; k++) value -= sigma[i * D + k]! * sigma[j * D + k]!;
      if (j < i) {
        sigma[i * D + j] = value / sigma[j * D + j]!;
        z -= sigma[i * D + j]! * x[j]!;
      } else sigma[i * D + i] = Math.sqrt(value);
    }
    z /= sigma[i * D + i]!;
    x[i] = z;
    sum += z * z + 2 * log(sigma[i * D + i]!);
  }
  return -0.5 * sum;
};
