import type { ArmEstimate } from './arm-model.ts';
import { betaPropensities, type Counts } from './beta-ts.ts';
import { exploring, greedy, propensities } from './propensity.ts';

/** How a policy turns what the arms look like into odds. ε: share of uniform draws. */
export type Policy =
  /** Score ~ N(mean, v² deviation²), one independent normal per arm. */
  | { readonly algorithm: 'lin_ts'; readonly v: number; readonly epsilon: number }
  /** The highest mean + α · deviation. */
  | { readonly algorithm: 'lin_ucb'; readonly alpha: number; readonly epsilon: number }
  /** The highest mean. */
  | { readonly algorithm: 'epsilon_greedy'; readonly epsilon: number }
  /** Success rate ~ Beta; for arms without features. */
  | { readonly algorithm: 'beta_ts'; readonly epsilon: number }
  /** Always the baseline: what other policies are compared with. */
  | { readonly algorithm: 'fixed'; readonly baseline: number; readonly epsilon: number };

/** What a policy looks at, one entry per arm; ties go to the first. Only `beta_ts` needs counts. */
export interface Arms {
  readonly estimates: readonly ArmEstimate[];
  readonly counts: readonly Counts[];
}

const sharesOf = (policy: Policy, { estimates, counts }: Arms): Float64Array => {
  switch (policy.algorithm) {
    case 'lin_ts':
      return propensities(
        estimates.map(({ mean, deviation }) => ({ mean, deviation: policy.v * deviation })),
      );
    case 'lin_ucb':
      return greedy(estimates.map(({ mean, deviation }) => mean + policy.alpha * deviation));
    case 'epsilon_greedy':
      return greedy(estimates.map(({ mean }) => mean));
    case 'beta_ts':
      return betaPropensities(counts);
    case 'fixed':
      return Float64Array.from(estimates, (_, arm) => (arm === policy.baseline ? 1 : 0));
  }
  return policy satisfies never;
};

/** The chance of each arm to be drawn; sums to 1. */
export const oddsOf = (policy: Policy, arms: Arms): Float64Array =>
  exploring(sharesOf(policy, arms), policy.epsilon);

/** The chance of each arm to be *served*, when `served` says which arm the guardrails make of each draw. */
export const pushedThrough = (odds: Float64Array, served: (drawn: number) => number): Float64Array => {
  const pushed = new Float64Array(odds.length);
  odds.forEach((share, drawn) => {
    const arm = served(drawn);
    pushed[arm] = (pushed[arm] as number) + share;
  });
  return pushed;
};
