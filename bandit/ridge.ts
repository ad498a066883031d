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
