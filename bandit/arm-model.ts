import { cholesky } from '../numerics/cholesky.ts';
import type { ArmSums } from './arm-sums.ts';
import { precision, type RidgeOptions } from './ridge.ts';

/** An arm ready to be asked: A⁻¹ (row-major, D × D) and β = A⁻¹b. */
export interface ArmModel {
  readonly inverse: Float64Array;
  readonly beta: Float64Array;
  /** Rank-one updates since A was last factored. */
  readonly updates: number;
}

/** An arm at one context: mean = xᵀβ, deviation = √(xᵀA⁻¹x), both in reward units. */
export interface ArmEstimate {
  readonly mean: number;
  readonly deviation: number;
}

/** After so many rank-one updates their rounding is swept out by a factorisation. */
export const updatesPerFactor = 1_000;

/** A⁻¹ = L⁻ᵀL⁻¹. A is λI plus a Gram matrix, so a failure means broken sums: RangeError. */
const inverseOf = (matrix: Float64Array, size: number): Float64Array => {
  const factor = new Float64Array(matrix.length);
  if (!cholesky(matrix, size, factor))
    throw new RangeError('the precision matrix of an arm is not positive definite');
  const lower = new Float64Array(matrix.length);
  for (let column = 0; column < size; column++) {
    for (let row = column; row < size; row++) {
      let sum = row === column ? 1 : 0;
      for (let k = column; k < row; k++)
        sum -= (factor[row * size + k] as number) * (lower[k * size + column] as number);
      lower[row * size + column] = sum / (factor[row * size + row] as number);
    }
  }
  const inverse = new Float64Array(matrix.length);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = 0;
      for (let k = row; k < size; k++)
        sum += (lower[k * size + row] as number) * (lower[k * size + column] as number);
      inverse[row * size + column] = sum;
      inverse[column * size + row] = sum;
    }
  }
  return inverse;
};

/** M v for a D × D matrix. */
const times = (matrix: Float64Array, v: Float64Array): Float64Array => {
  const size = v.length;
  const product = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    let sum = 0;
    for (let k = 0; k < size; k++) sum += (matrix[row * size + k] as number) * (v[k] as number);
    product[row] = sum;
  }
  return product;
};

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
};

/** The arm by a Cholesky factorisation of A = λI + remaining · S. */
export const modelOf = (sums: ArmSums, options: RidgeOptions): ArmModel => {
  const inverse = inverseOf(precision(sums, options), sums.dimension);
  const beta = times(inverse, sums.moment).map((entry) => options.remaining * entry);
  return { inverse, beta, updates: 0 };
};

/**
 * The arm after one more outcome, where nothing is forgotten (Sherman and Morrison 1950):
 * A⁻¹ − (A⁻¹x)(A⁻¹x)ᵀ / (1 + xᵀA⁻¹x). `sums` hold the outcome already; every thousandth update factors them anew.
 */
export const updatedModel = (
  model: ArmModel,
  { x, reward, sums, lambda }: { x: Float64Array; reward: number; sums: ArmSums; lambda: number },
): ArmModel => {
  if (model.updates + 1 >= updatesPerFactor || model.beta.length !== x.length)
    return modelOf(sums, { lambda, remaining: 1 });
  const size = x.length;
  const gain = times(model.inverse, x);
  const scale = 1 / (1 + dot(x, gain));
  const inverse = model.inverse.slice();
  for (let row = 0; row < size; row++) {
    const factor = scale * (gain[row] as number);
    for (let column = 0; column < size; column++) {
      const at = row * size + column;
      inverse[at] = (inverse[at] as number) - factor * (gain[column] as number);
    }
  }
  const surprise = scale * (reward - dot(x, model.beta));
  const beta = model.beta.map((entry, i) => entry + surprise * (gain[i] as number));
  return { inverse, beta, updates: model.updates + 1 };
};

/** The arm at x, of length D with x[0] = 1. */
export const estimateAt = ({ inverse, beta }: ArmModel, x: Float64Array): ArmEstimate => {
  const size = x.length;
  let variance = 0;
  for (let row = 0; row < size; row++) {
    const xRow = x[row] as number;
    variance += (inverse[row * size + row] as number) * xRow * xRow;
    for (let column = 0; column < row; column++)
      variance += 2 * (inverse[row * size + column] as number) * xRow * (x[column] as number);
  }
  return { mean: dot(x, beta), deviation: Math.sqrt(Math.max(0, variance)) };
};
