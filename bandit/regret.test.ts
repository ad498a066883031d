import { describe, expect, test } from 'vitest';
import { type ArmSums, emptySums, learn, remaining } from './arm-sums.ts';
import { linTsOdds } from './lin-ts.ts';
import { linUcbChoice } from './lin-ucb.ts';
import { drawArm } from './propensity.ts';
import { seededUniform } from './seeded-uniform.ts';
import { readReference, readStream, type Step } from './stream.fixture.ts';

interface Tracked {
  sums: ArmSums;
  lastSeq: number;
}

/** Plays a stream as the reference's protocol does: arms 0..4 first, then the policy. Gives choices and pseudo-regret. */
const play = (
  steps: readonly Step[],
  halfLife: number,
  choose: (arms: Tracked[], x: Float64Array, t: number) => number,
) => {
  const arms: Tracked[] = Array.from({ length: 5 }, () => ({ sums: emptySums(8), lastSeq: 0 }));
  const choices: number[] = [];
  let regret = 0;
  steps.forEach(({ x, means, rewards }, t) => {
    const chosen = t < 5 ? t : choose(arms, x, t);
    const arm = arms[chosen] as Tracked;
    arm.sums = learn(arm.sums, x, rewards[chosen] as number, remaining(t + 1 - arm.lastSeq, halfLife));
    arm.lastSeq = t + 1;
    choices.push(chosen);
    regret += Math.max(...means) - (means[chosen] as number);
  });
  return { choices, regret };
};

const thompson = (halfLife: number, seed: number) => (arms: Tracked[], x: Float64Array, t: number) => {
  const weighted = arms.map(({ sums, lastSeq }) => ({ sums, remaining: remaining(t - lastSeq, halfLife) }));
  const { propensities } = linTsOdds(weighted, x, { lambda: 1, v: 0.25, epsilon: 0 });
  return drawArm(propensities, seededUniform(seed, `${t}`));
};

const ucb = (arms: Tracked[], x: Float64Array) =>
  linUcbChoice(
    arms.map(({ sums }) => ({ sums, remaining: 1 })),
    x,
    { lambda: 1, alpha: 1 },
  );

const reference = readReference('linucb-ref.json') as Record<string, { choices: string }>;

describe.each(['stationary', 'drift'])('%s stream', (name) => {
  const steps = readStream(`${name}.csv`);
  test('LinUCB chooses as MABWiser does, all 10,000 times', () => {
    expect(play(steps, Number.POSITIVE_INFINITY, ucb).choices.join('')).toBe(reference[name]?.choices);
  });
  test('the default policy keeps its regret', () => {
    const regrets = [1, 2].map((seed) => play(steps, 346, thompson(346, seed)).regret);
    const mean = regrets.reduce((sum, regret) => sum + regret, 0) / regrets.length;
    expect(mean).toBeLessThan(name === 'drift' ? 1150 : 620);
    expect(mean).toBeGreaterThan(200);
  });
});
