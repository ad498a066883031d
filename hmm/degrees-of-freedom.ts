import { digamma, log } from '../numerics/elementary.ts';
import type { Hmm } from './model.ts';
import type { Statistics } from './statistics.ts';

/** Below 2 there is no variance; from 200 on nothing tells the distribution from a Gaussian. */
export const degreesOfFreedomRange = { least: 2.05, most: 200 } as const;

/**
 * The degrees of freedom that maximise the expected log-likelihood, within their range: the root of
 * 1 + ln(ν/2) − ψ(ν/2) + Σ γ (ψ((ν₀+D)/2) − ln((ν₀+D)/2) + ln u − u) / Σ γ, which falls in ν (Liu & Rubin 1995, eq. 18;
 * Peel & McLachlan 2000, §5). A state without rows keeps its value.
 */
export const updateDegreesOfFreedom = (model: Hmm, { weight, student }: Statistics): void => {
  const nu = model.degreesOfFreedom;
  if (!nu || !student) return;
  for (let k = 0; k < model.nStates; k++) {
    if (weight[k]! > 0) nu[k] = root(student.tails[k]! / weight[k]!);
  }
};

const slope = (nu: number, tail: number): number => 1 + log(nu / 2) - digamma(nu / 2) + tail;

/** Bisection: 60 halvings leave less than one unit in the last place. */
const root = (tail: number): number => {
  let { least, most }: { least: number; most: number } = degreesOfFreedomRange;
  if (!(slope(least, tail) > 0)) return least;
  if (slope(most, tail) > 0) return most;
  for (let halving = 0; halving < 60; halving++) {
    const middle = 0.5 * (least + most);
    if (slope(middle, tail) > 0) least = middle;
    else most = middle;
  }
  return 0.5 * (least + most);
};
