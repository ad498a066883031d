import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aic, bic, parameterCount } from './criteria.ts';
import { expectedDurations, forecastState, stationaryDistribution } from './forecast.ts';
import { largestDifference, randomModel } from './hmm.fixture.ts';
import type { Hmm } from './model.ts';

const chain = (...rows: number[][]): Hmm => ({
  ...randomModel(1, 'diag', rows.length, 1),
  transition: Float64Array.from(rows.flat()),
});

describe('the stationary distribution', () => {
  it('is left alone by a step, and is where long forecasts end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 6 }), (seed, K) => {
        const model = randomModel(seed, 'diag', K, 1);
        const pi = stationaryDistribution(model);
        expect(pi.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 13);
        expect(largestDifference(forecastState(model, pi, 1), pi)).toBeLessThan(1e-14);
        expect(largestDifference(forecastState(model, model.start, 500), pi)).toBeLessThan(1e-12);
      }),
    );
  });

  it('is exact for nearly absorbing states', () => {
    const pi = stationaryDistribution(chain([1 - 1e-14, 1e-14], [3e-14, 1 - 3e-14]));
    expect(pi[0]).toBeCloseTo(0.75, 12);
  });

  it('lies in the absorbing state', () => {
    expect(Array.from(stationaryDistribution(chain([0.9, 0.1], [0, 1])))).toEqual([
      expect.closeTo(0, 12),
      expect.closeTo(1, 12),
    ]);
    expect(Array.from(stationaryDistribution(chain([1, 0], [0.1, 0.9])))).toEqual([1, 0]);
  });

  it('is the average of a cycle', () => {
    const cycle = chain([0, 1, 0], [0, 0, 1], [1, 0, 0]);
    expect(largestDifference(stationaryDistribution(cycle), [1 / 3, 1 / 3, 1 / 3])).toBeLessThan(1e-14);
  });
});

it('a stay lasts 1 / (1 − p) bars; an absorbing one for ever', () => {
  expect(Array.from(expectedDurations(chain([0.9, 0.1], [0, 1])))).toEqual([
    expect.closeTo(10, 12),
    Infinity,
  ]);
});

it.each([
  ['spherical', 2 + 6 + 6 + 3],
  ['diag', 2 + 6 + 6 + 6],
  ['tied', 2 + 6 + 6 + 3],
  ['full', 2 + 6 + 6 + 9],
] as const)('free parameters of 3 states and 2 features: %s', (type, expected) => {
  const model = randomModel(1, type, 3, 2);
  expect(parameterCount(model)).toBe(expected);
  expect(aic(model, -100)).toBe(200 + 2 * expected);
  expect(bic(model, -100, 50)).toBeCloseTo(200 + expected * Math.log(50), 12);
});
