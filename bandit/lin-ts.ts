import type { ArmSums } from './arm-sums.ts';
import { exploring, propensities } from './propensity.ts';
import { type ArmEstimate, estimate } from './ridge.ts';

/** λ: prior precision. v: how widely scores are sampled, in posterior deviations. ε: share of uniform draws. */
export interface LinTsOptions {
  readonly lambda: number;
  readonly v: number;
  readonly epsilon: number;
}

/** An arm as the decision sees it: its sums, and the weight (0..1] that forgetting has left to them by now. */
export interface Arm {
  readonly sums: ArmSums;
  readonly remaining: number;
}

/** What a decision is drawn from: one entry per arm, in the order given (ties go to the first). */
export interface ArmOdds {
  readonly estimates: readonly ArmEstimate[];
  readonly propensities: Float64Array;
}

/** Disjoint linear Thompson sampling: score ~ N(xᵀA⁻¹b, v² xᵀA⁻¹x), one independent normal per arm. x[0] is the constant 1. */
export const linTsOdds = (
  arms: readonly Arm[],
  x: Float64Array,
  { lambda, v, epsilon }: LinTsOptions,
): ArmOdds => {
  const estimates = arms.map(({ sums, remaining }) => estimate(sums, x, { lambda, remaining }));
  const scores = estimates.map(({ mean, deviation }) => ({ mean, deviation: v * deviation }));
  return { estimates, propensities: exploring(propensities(scores), epsilon) };
};
