import { play } from '../play.ts';
import type { Step } from '../streams.ts';

/** The arms that MABWiser's LinUCB (α = 1, λ = 1) chose, a digit for each step. */
export interface LinUcbReference {
  readonly choices: string;
}

const policy = { algorithm: 'lin_ucb', alpha: 1, epsilon: 0 } as const;
export const forever = [{ halfLife: Number.POSITIVE_INFINITY, v: 1 }] as const;

/** Whether every choice is the same, in order. */
export const isLinUcbIdentical = ({ choices }: LinUcbReference, steps: readonly Step[]): boolean =>
  play(steps.slice(0, choices.length), { policy, rates: forever, lambda: 1, seed: 1 }).choices.join('') ===
  choices;
