import { estimateAt } from '../../bandit/arm-model.ts';
import { type ArmMemory, afterOutcome, createModelCache, emptyMemory } from '../../bandit/learner.ts';
import { oddsOf } from '../../bandit/policy.ts';
import { drawArm } from '../../bandit/propensity.ts';
import { seededUniform } from '../../bandit/seeded-uniform.ts';
import { simulatedStream } from '../../bandit/streams.ts';

/** Microseconds of the core, medians over the steps of a stream of 5 arms and 8 dimensions. */
export interface CoreTimes {
  /** Estimates, propensities and draw. */
  readonly decideUs: number;
  readonly updateUs: number;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

export const coreTimes = (steps: number): CoreTimes => {
  const rates = [{ halfLife: 346, v: 0.25 }];
  const memories: ArmMemory[] = Array.from({ length: 5 }, () => emptyMemory(8, rates));
  const cache = createModelCache();
  const policy = { algorithm: 'lin_ts', v: 0.25, epsilon: 0 } as const;
  const [decides, updates]: [number[], number[]] = [[], []];
  simulatedStream('stationary', steps, 1).forEach(({ x, rewards }, t) => {
    const decideFrom = performance.now();
    const estimates = memories.map((memory, arm) =>
      estimateAt(cache.model(memory, arm, { rate: 0, rates, lambda: 1, learnedCount: t }), x),
    );
    const odds = oddsOf(policy, { estimates, counts: [] });
    const arm = drawArm(odds, seededUniform(42, `${t}`));
    const updateFrom = performance.now();
    memories[arm] = afterOutcome(memories[arm]!, { x, reward: rewards[arm]!, learnedSeq: t + 1 }, rates);
    const end = performance.now();
    decides.push((updateFrom - decideFrom) * 1000);
    updates.push((end - updateFrom) * 1000);
  });
  return { decideUs: median(decides), updateUs: median(updates) };
};
