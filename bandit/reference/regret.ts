import { adaptiveRates, type Rate } from '../forgetting.ts';
import { play } from '../play.ts';
import type { Policy } from '../policy.ts';
import type { Step } from '../streams.ts';
import { forever } from './linucb.ts';

export interface Contestant {
  readonly policy: Policy;
  readonly rates: readonly Rate[];
  /** Without draws every seed plays alike. */
  readonly deterministic?: true;
}

const linTs = (v: number): Policy => ({ algorithm: 'lin_ts', v, epsilon: 0 });

export const byDefault: Contestant = { policy: linTs(0.25), rates: [{ halfLife: 346, v: 0.25 }] };

/** What regret is measured of: the default, what it may be set to, and what other libraries have. */
export const contestants = (epsilon: number): Readonly<Record<string, Contestant>> => ({
  default: byDefault,
  adaptive: { policy: linTs(0.25), rates: adaptiveRates },
  /** Nothing forgotten, v = 1: MABWiser's LinTS with independent draws. */
  lints: { policy: linTs(1), rates: forever },
  linucb: { policy: { algorithm: 'lin_ucb', alpha: 1, epsilon: 0 }, rates: forever, deterministic: true },
  epsilonGreedy: { policy: { algorithm: 'epsilon_greedy', epsilon }, rates: forever },
  uniform: { policy: { algorithm: 'epsilon_greedy', epsilon: 1 }, rates: forever },
});

export interface Regret {
  readonly mean: number;
  /** Sample deviation over the seeds; 0 where nothing is drawn. */
  readonly sd: number;
  readonly seeds: number;
}

/** Σ (best mean − mean of the chosen arm) over the stream, for seeds 1, 2, … */
export const regretsOf = (
  steps: readonly Step[],
  { policy, rates, deterministic }: Contestant,
  seeds: number,
): number[] =>
  Array.from(
    { length: deterministic ? 1 : seeds },
    (_, i) => play(steps, { policy, rates, lambda: 1, seed: i + 1 }).regret,
  );

export const summaryOf = (regrets: readonly number[]): Regret => {
  const mean = regrets.reduce((sum, one) => sum + one, 0) / regrets.length;
  const squares = regrets.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return {
    mean,
    sd: regrets.length > 1 ? Math.sqrt(squares / (regrets.length - 1)) : 0,
    seeds: regrets.length,
  };
};
