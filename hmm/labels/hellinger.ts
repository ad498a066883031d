import { cholesky } from '../../numerics/cholesky.ts';
import { expm1, log, square } from '../../numerics/elementary.ts';
import type { StateDensity } from './state-density.ts';

/**
 * The Hellinger distance of two Gaussians, √(1 − ∫√(p q)): 0 where they are the same, 1 where they never overlap, the
 * same in any common units of the features. With Σ = (Σ₁ + Σ₂) / 2 the integral is exp(−B),
 * B = ⅛ (μ₁ − μ₂)ᵀ Σ⁻¹ (μ₁ − μ₂) + ½ ln(|Σ| / √(|Σ₁| |Σ₂|)) (Bhattacharyya 1943; Kailath 1967, eq. 30). Throws
 * `RangeError` when a covariance is not positive definite.
 */
export const hellinger = (one: StateDensity, other: StateDensity): number =>
  Math.sqrt(Math.max(0, -expm1(-bhattacharyya(one, other))));

/** B above: a distance from 0 to ∞, in nats. */
const bhattacharyya = (one: StateDensity, other: StateDensity): number => {
  const D = one.mean.length;
  const middle = one.covariance.map((value, i) => 0.5 * (value + other.covariance[i]!));
  const factor = factorOf(middle, D);
  const difference = one.mean.map((value, d) => value - other.mean[d]!);
  const logDeterminants = 0.5 * (logDeterminant(one.covariance, D) + logDeterminant(other.covariance, D));
  const spread = halfLogDeterminant(factor, D) - 0.5 * logDeterminants;
  return squaredLength(factor, difference) / 8 + Math.max(0, spread);
};

const factorOf = (covariance: Float64Array, D: number): Float64Array => {
  const factor = new Float64Array(D * D);
  if (cholesky(covariance, D, factor)) return factor;
  throw new RangeError('a covariance matrix is not positive definite');
};

const logDeterminant = (covariance: Float64Array, D: number): number =>
  2 * halfLogDeterminant(factorOf(covariance, D), D);

const halfLogDeterminant = (factor: Float64Array, D: number): number => {
  let sum = 0;
  for (let i = 0; i < D; i++) sum += log(factor[i * D + i]!);
  return sum;
};

/** xᵀ (L Lᵀ)⁻¹ x by forward substitution. */
const squaredLength = (factor: Float64Array, x: Float64Array): number => {
  const D = x.length;
  const z = new Float64Array(D);
  let sum = 0;
  for (let i = 0; i < D; i++) {
    let value = x[i]!;
    for (let j = 0; j < i; j++) value -= factor[i * D + j]! * z[j]!;
    z[i] = value / factor[i * D + i]!;
    sum += square(z[i]!);
  }
  return sum;
};
