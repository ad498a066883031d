import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { automaticBlockLength, bootstrapMean } from './bootstrap.ts';

/** An autoregression of order 1 with mean 0 and standard deviation 1. */
const series = (n: number, rho: number, seed: number): Float64Array => {
  const random = createRandom(seed);
  let state = random.normal();
  return Float64Array.from({ length: n }, () => {
    state = rho * state + Math.sqrt(1 - rho * rho) * random.normal();
    return state;
  });
};

describe('automaticBlockLength', () => {
  it('grows with the dependence', () => {
    expect(automaticBlockLength(series(2000, 0, 1))).toBeLessThan(6);
    expect(automaticBlockLength(series(2000, 0.9, 1))).toBeGreaterThan(20);
  });

  it('takes values that do not vary', () => expect(automaticBlockLength(new Float64Array(50))).toBe(1));
});

describe('bootstrapMean', () => {
  it.each([
    [0, 0.9],
    [0.7, 0.87],
  ])('covers the mean nearly as often as it says: autocorrelation %f', (rho, least) => {
    const hits = Array.from({ length: 200 }, (_, seed) =>
      bootstrapMean(series(1000, rho, seed), { seed, resamples: 400 }),
    ).filter(({ lower, upper }) => lower <= 0 && upper >= 0);
    expect(hits.length / 200).toBeGreaterThan(least);
    expect(hits.length / 200).toBeLessThan(0.99);
  });

  it('gives the same interval for the same seed', () => {
    const values = series(300, 0.5, 3);
    expect(bootstrapMean(values, { seed: 5 })).toEqual(bootstrapMean(values, { seed: 5 }));
  });

  it('needs two values', () =>
    expect(() => bootstrapMean(new Float64Array(1), { seed: 1 })).toThrow(RangeError));
});
