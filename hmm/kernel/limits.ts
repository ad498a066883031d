import type { Observations } from '../observations.ts';
import type { Shape } from '../plain-e-step.ts';

export interface KernelOption {
  /** `wasm` (default) where shape and data allow it; `plain`: the readable reference in TypeScript. */
  readonly kernel?: 'wasm' | 'plain' | undefined;
}

/** The code is unrolled over states and features: beyond these it would grow too large to be worth it. */
const mostStates = 16;
const mostFeatures = 32;
const mostCorrelated = 12;

/** Doubles of data and arrays: addresses are compared as signed 32-bit numbers. */
const mostDoubles = 2 ** 28 - 2 ** 20;

/**
 * Gaussian emissions, complete rows without weights and a moderate shape. One state needs no recursion: the plain path
 * takes less memory for it.
 */
export const kernelFits = (
  { covarianceType, nStates, nFeatures, degreesOfFreedom }: Shape,
  { rows, weights }: Pick<Observations, 'rows' | 'weights'>,
): boolean => {
  if (degreesOfFreedom || weights) return false;
  const isDiagonal = covarianceType === 'diag' || covarianceType === 'spherical';
  const fits = nStates <= mostStates && nFeatures <= (isDiagonal ? mostFeatures : mostCorrelated);
  const doubles = rows.length * (1 + (2 * (nStates + 1)) / nFeatures);
  return nStates >= 2 && fits && doubles < mostDoubles && areFinite(rows);
};

/** By the sum, which may overflow for numbers no feature has; in four parts, so that one does not wait for the other. */
const areFinite = (values: Float64Array): boolean => {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += values[i]!;
    b += values[i + 1]!;
    c += values[i + 2]!;
    d += values[i + 3]!;
  }
  for (let i = whole; i < values.length; i++) a += values[i]!;
  return Number.isFinite(a + b + c + d);
};
