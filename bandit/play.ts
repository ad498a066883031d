import { estimateAt } from './arm-model.ts';
import { bestRate, type Rate, updatedEvidence } from './forgetting.ts';
import { type ArmMemory, afterOutcome, createModelCache, emptyMemory, forecastsOf } from './learner.ts';
import { oddsOf, type Policy } from './policy.ts';
import { drawArm } from './propensity.ts';
import { seededUniform } from './seeded-uniform.ts';
import type { Step } from './streams.ts';

/** A policy with the speeds that it forgets at; of several, the one that forecasts best is asked. */
export interface Player {
  readonly policy: Policy;
  readonly rates: readonly Rate[];
  readonly lambda: number;
  readonly seed: number;
}

export interface Played {
  readonly choices: number[];
  /** Chances of all arms at each step. */
  readonly odds: Float64Array[];
  /** Σ (best mean − mean of the chosen arm). */
  readonly regret: number;
}

/** With several speeds each brings the v that it is sampled with. */
const atRate = (policy: Policy, rates: readonly Rate[], rate: number): Policy =>
  policy.algorithm === 'lin_ts' && rates.length > 1 ? { ...policy, v: rates[rate]!.v } : policy;

/** Plays a stream: each arm once, in order, and then as the policy says, learning each reward before the next step. */
export const play = (steps: readonly Step[], { policy, rates, lambda, seed }: Player): Played => {
  const arms = steps[0]!.means.length;
  const memories: ArmMemory[] = Array.from({ length: arms }, () => emptyMemory(steps[0]!.x.length, rates));
  const cache = createModelCache();
  const [choices, odds]: [number[], Float64Array[]] = [[], []];
  let evidence: readonly number[] = rates.map(() => 0);
  let regret = 0;
  const oddsAt = (x: Float64Array, learnedCount: number): Float64Array => {
    const rate = bestRate(evidence);
    const options = { rate, rates, lambda, learnedCount };
    const estimates = memories.map((memory, arm) => estimateAt(cache.model(memory, arm, options), x));
    const counts = memories.map(({ sums }) => ({
      successes: sums[rate]!.moment[0]!,
      trials: sums[rate]!.gram[0]!,
    }));
    return oddsOf(atRate(policy, rates, rate), { estimates, counts });
  };
  steps.forEach(({ x, means, rewards }, t) => {
    const shares = t < arms ? Float64Array.from(means, (_, arm) => (arm === t ? 1 : 0)) : oddsAt(x, t);
    const arm = drawArm(shares, seededUniform(seed, `${t}`));
    const reward = policy.algorithm === 'beta_ts' ? Number(rewards[arm]! > 0) : rewards[arm]!;
    const before = memories[arm]!;
    if (rates.length > 1)
      evidence = updatedEvidence(
        evidence,
        forecastsOf(before, x, { rates, lambda, learnedCount: t }),
        reward,
      );
    const outcome = { x, reward, learnedSeq: t + 1 };
    const after = afterOutcome(before, outcome, rates);
    cache.learned(before, after, arm, outcome, { rates, lambda });
    memories[arm] = after;
    choices.push(arm);
    odds.push(shares);
    regret += Math.max(...means) - means[arm]!;
  });
  return { choices, odds, regret };
};
