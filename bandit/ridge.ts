import { cholesky } from '../numerics/cholesky.ts';
import type { ArmSums } from './arm-sums.ts';

/** λ: the prior precision. remaining: the weight (0..1] that forgetting left to the sums by now. */
export interface RidgeOptions {
  readonly lambda: number;
  readonly remaining: number;
}

/** A = λI + remaining · S, row-major D × D. */
export const precision = (sums: ArmSums, { lambda, remaining }: RidgeOptions): Float64Array => {
  const matrix = sums.gram.map((entry) => remaining * entry);
  for (let i = 0; i < sums.dimension; i++) {
    const at = i * sums.dimension + i;
    matrix[at] = (matrix[at] as number) + lambda;
  }
  return matrix;
};

/** Lower Cholesky factor of A. A is λI plus a Gram matrix, so a failure means broken sums. */
const factorise = (sums: ArmSums, options: RidgeOptions): Float64Array => {
  const factor = new Float64Array(sums.gram.length);
  if (cholesky(precision(sums, options), sums.dimension, factor)) return factor;
  throw new RangeError('the precision matrix of an arm is not positive definite');
};

/** y with L y = v. */
const forwardSolve = (factor: Float64Array, v: Float64Array): Float64Array => {
  const size = v.length;
  const y = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    let sum = v[row] as number;
    for (let k = 0; k < row; k++) sum -= (factor[row * size + k] as number) * (y[k] as number);
    y[row] = sum / (factor[row * size + row] as number);
  }
  return y;
};

/** z with Lᵀ z = y. */
const backwardSolve = (factor: Float64Array, y: Float64Array): Float64Array => {
  const size = y.length;
  const z = new Float64Array(size);
  for (let row = size - 1; row >= 0; row--) {
    let sum = y[row] as number;
    for (let k = row + 1; k < size; k++) sum -= (factor[k * size + row] as number) * (z[k] as number);
    z[row] = sum / (factor[row * size + row] as number);
  }
  return z;
};

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
};

/** An arm at one context: mean = xᵀA⁻¹b, deviation = √(xᵀA⁻¹x), both in reward units. */
export interface ArmEstimate {
  readonly mean: number;
  readonly deviation: number;
}

/** Both come from one factor: with L y = x and L u = b, xᵀA⁻¹b = y·u and xᵀA⁻¹x = y·y, which is never negative. */
export const estimate = (sums: ArmSums, x: Float64Array, options: RidgeOptions): ArmEstimate => {
  const factor = factorise(sums, options);
  const y = forwardSolve(factor, x);
  const mean = options.remaining * dot(y, forwardSolve(factor, sums.moment));
  return { mean, deviation: Math.sqrt(dot(y, y)) };
};

/** β = A⁻¹b, the arm's weights. */
export const weights = (sums: ArmSums, options: RidgeOptions): Float64Array => {
  const factor = factorise(sums, options);
  return backwardSolve(factor, forwardSolve(factor, sums.moment)).map((entry) => options.remaining * entry);
};
