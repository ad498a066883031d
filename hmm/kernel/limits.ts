import { isSparse } from '../forward.ts';
import type { Hmm } from '../model.ts';
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

/** Gaussian emissions, complete rows without weights and a moderate shape. One state needs no recursion: the plain path takes less memory for it. */
export const kernelFits = (
  { covarianceType, nStates, nFeatures, degreesOfFreedom }: Shape,
  { rows, weights }: Pick<Observations, 'rows' | 'weights'>,
): boolean => {
  if (degreesOfFreedom || weights) return false;
  const isDiagonal = covarianceType === 'diag' || covarianceType === 'spherical';
  const fits = nStates <= mostStates && nFeatures <= (isDiagonal ? mostFeatures : mostCorrelated);
  return nStates >= 2 && fits && isFinite(rows);
};

/** x · 0 is 0 for finite x only; four sums, so that one does not wait for the other. */
const isFinite = (values: Float64Array): boolean => {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += values[i]! * 0;
    b += values[i + 1]! * 0;
    c += values[i + 2]! * 0;
    d += values[i + 3]! * 0;
  }
  for (let i = whole; i < values.length; i++) a += values[i]! * 0;
  return a + b + c + d === 0;
};

/** Where transitions vanish, states can underflow and matter later: the plain path watches for that. */
export const kernelTakes = (model: Hmm): boolean => !isSparse(model);
