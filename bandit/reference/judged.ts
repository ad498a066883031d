import { crossFitted } from '../ope/cross-fit.ts';
import { alwaysArm, type BanditLog, evaluatePolicy } from '../ope/estimators.ts';
import { play } from '../play.ts';
import type { Step } from '../streams.ts';
import { byDefault } from './regret.ts';

/** What an arm is worth by DR, with its 95 % interval, beside the truth. */
export interface JudgedArm {
  readonly arm: number;
  readonly truth: number;
  readonly dr: number;
  readonly low: number;
  readonly high: number;
  readonly held: boolean;
  readonly effectiveSampleSize: number;
}

/** Plays the default policy with a share ε of uniform draws and judges every arm by what was logged. */
export const judgedArms = (
  steps: readonly Step[],
  { epsilon, seed }: { epsilon: number; seed: number },
): JudgedArm[] => {
  const policy = { ...byDefault.policy, epsilon };
  const { choices, odds } = play(steps, { policy, rates: byDefault.rates, lambda: 1, seed });
  const arms = steps[0]!.means.length;
  // The first steps play each arm once, by force.
  const kept = steps.slice(arms);
  const log: BanditLog = {
    arms,
    served: Int32Array.from(choices.slice(arms)),
    rewards: Float64Array.from(kept, ({ rewards }, i) => rewards[choices[i + arms]!]!),
    propensities: Float64Array.from(odds.slice(arms).flatMap((shares) => [...shares])),
  };
  const forecasts = crossFitted(
    log,
    kept.map(({ x }) => x),
  );
  return Array.from({ length: arms }, (_, arm) => {
    const { dr, effectiveSampleSize } = evaluatePolicy(log, { target: alwaysArm(log, arm), forecasts });
    const truth = kept.reduce((sum, { means }) => sum + means[arm]!, 0) / kept.length;
    const held = dr.low <= truth && truth <= dr.high;
    return { arm, truth, dr: dr.value, low: dr.low, high: dr.high, held, effectiveSampleSize };
  });
};
