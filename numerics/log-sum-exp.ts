import { exp, log } from './elementary.ts';
/**
 * log Σ exp(xᵢ) over `values[from, from + count)`, shifted by the largest value so that nothing overflows.
 * −∞ when every value is −∞; NaN when one is NaN.
 */
export const logSumExp = (values: Float64Array, from = 0, count = values.length - from): number => {
  let largest = -Infinity;
  for (let i = from; i < from + count; i++) largest = Math.max(largest, values[i]!);
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += exp(values[i]! - largest);
  return largest + log(sum);
};
