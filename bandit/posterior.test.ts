import { describe, expect, test } from 'vitest';
import { estimateAt, modelOf, updatedModel } from './arm-model.ts';
import { type ArmSums, emptySums, extendSums, learn, remaining } from './arm-sums.ts';
import { type PosteriorReference, posteriorError } from './reference/posterior.ts';
import type { RidgeOptions } from './ridge.ts';
import { readReference, readStream } from './stream.fixture.ts';

const estimate = (sums: ArmSums, x: Float64Array, options: RidgeOptions) =>
  estimateAt(modelOf(sums, options), x);

const steps = readStream('stationary.csv');
const reference = readReference('posterior-ref.json') as PosteriorReference;

const worst = (got: Iterable<number>, want: readonly number[]): number =>
  Math.max(...[...got].map((value, i) => Math.abs(value - (want[i] as number))));

test.each(reference.cases)('the posterior equals MABWiser 2.7.4, λ = $lambda', (one) => {
  expect(posteriorError({ cases: [one] }, steps)).toBeLessThan(1e-9);
});

describe('forgetting', () => {
  const x = Float64Array.from([1, 0.5]);
  test('fading late equals fading at each step', () => {
    const stepwise = learn(learn(emptySums(2), x, 1, 1), x, 2, remaining(1, 10));
    const late = learn(learn(emptySums(2), x, 1, 1), x, 2, 1);
    const faded = stepwise.gram.map((entry) => entry * remaining(7, 10));
    expect(faded[0]).toBeCloseTo(2 ** (-8 / 10) + 2 ** (-7 / 10), 12);
    expect(late.gram[0]).toBe(2);
  });
  test('an arm that idles returns to its prior and not beyond', () => {
    let sums = emptySums(2);
    for (let i = 0; i < 100; i++) sums = learn(sums, x, 1, 1);
    const idle = estimate(sums, x, { lambda: 1, remaining: remaining(100_000, 346) });
    expect(idle.mean).toBeCloseTo(0, 12);
    expect(idle.deviation).toBeCloseTo(Math.sqrt(1.25), 12);
  });
  test('an infinite half-life forgets nothing', () => {
    expect(remaining(1e9, Number.POSITIVE_INFINITY)).toBe(1);
  });
});

test('a new feature changes nothing that was learned', () => {
  const x = Float64Array.from([1, 0.5]);
  const sums = learn(emptySums(2), x, 2, 1);
  const options = { lambda: 1, remaining: 1 };
  expect(estimate(extendSums(sums, 4), Float64Array.from([1, 0.5, 0, 0]), options)).toEqual(
    estimate(sums, x, options),
  );
});

test('Sherman–Morrison: after 2,500 updates the model is the one that Cholesky gives', () => {
  let sums = emptySums(8);
  let model = modelOf(sums, { lambda: 1, remaining: 1 });
  const updates: number[] = [];
  for (const { x, rewards } of steps.slice(0, 2500)) {
    sums = learn(sums, x, rewards[0] as number, 1);
    model = updatedModel(model, { x, reward: rewards[0] as number, sums, lambda: 1 });
    updates.push(model.updates);
  }
  const fresh = modelOf(sums, { lambda: 1, remaining: 1 });
  expect(worst(model.inverse, [...fresh.inverse])).toBeLessThan(1e-12);
  expect(worst(model.beta, [...fresh.beta])).toBeLessThan(1e-11);
  expect(Math.max(...updates)).toBe(999);
  expect(updates.at(-1)).toBe(500);
});
