import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { betaPropensities } from './beta-ts.ts';
import { oddsOf, pushedThrough } from './policy.ts';

const estimates = [
  { mean: 0.1, deviation: 0.5 },
  { mean: 0.3, deviation: 0.1 },
  { mean: 0.3, deviation: 0.1 },
];
const counts = estimates.map(() => ({ successes: 0, trials: 0 }));
const arms = { estimates, counts };

describe('odds', () => {
  test.each([
    [{ algorithm: 'lin_ucb', alpha: 1, epsilon: 0 } as const, [1, 0, 0]],
    [{ algorithm: 'lin_ucb', alpha: 0.1, epsilon: 0.3 } as const, [0.1, 0.8, 0.1]],
    [{ algorithm: 'epsilon_greedy', epsilon: 0 } as const, [0, 1, 0]],
    [{ algorithm: 'fixed', baseline: 2, epsilon: 0 } as const, [0, 0, 1]],
  ])('%o', (policy, want) => {
    oddsOf(policy, arms).forEach((share, arm) => expect(share).toBeCloseTo(want[arm]!, 14));
  });

  test('pushed through the guardrails they are those of what is served, and sum to one', () => {
    expect([
      ...pushedThrough(Float64Array.from([0.2, 0.5, 0.3]), (drawn) => (drawn === 2 ? 0 : drawn)),
    ]).toEqual([0.5, 0.5, 0]);
  });
});

describe('Beta–Thompson', () => {
  test('two arms: P(Beta(2,1) > Beta(1,1)) is 2/3; equals share', () => {
    const [first] = betaPropensities([
      { successes: 1, trials: 1 },
      { successes: 0, trials: 0 },
    ]);
    expect(first).toBeCloseTo(2 / 3, 10);
    betaPropensities([1, 2, 3, 4].map(() => ({ successes: 7.5, trials: 30 }))).forEach((share) =>
      expect(share).toBeCloseTo(0.25, 12),
    );
  });

  // P(X > Y) for whole shapes: Σ_{i<a1} B(a2 + i, b1 + b2) / ((b1 + i) B(1 + i, b1) B(a2, b2)) (Evan Miller 2015).
  test('whole counts: the closed form', () => {
    const logFactorial = (n: number): number => (n <= 1 ? 0 : Math.log(n) + logFactorial(n - 1));
    const lb = (a: number, b: number) => logFactorial(a - 1) + logFactorial(b - 1) - logFactorial(a + b - 1);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 4, maxLength: 4 }),
        ([s1, f1, s2, f2]) => {
          const [a1, b1, a2, b2] = [s1! + 1, f1! + 1, s2! + 1, f2! + 1];
          let closed = 0;
          for (let i = 0; i < a1; i++)
            closed += Math.exp(lb(a2 + i, b1 + b2) - Math.log(b1 + i) - lb(1 + i, b1) - lb(a2, b2));
          const [got] = betaPropensities([
            { successes: s1!, trials: s1! + f1! },
            { successes: s2!, trials: s2! + f2! },
          ]);
          expect(Math.abs(got! - closed)).toBeLessThan(1e-9);
        },
      ),
      { numRuns: 40 },
    );
  });
});
