import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomModel } from '../hmm.fixture.ts';
import { hellinger } from './hellinger.ts';
import { type StateDensity, stateDensities } from './state-density.ts';

const seeds = fc.integer({ min: 0, max: 100_000 });
const unit = { mean: [0, 0], scale: [1, 1] };
const pair = (seed: number): [StateDensity, StateDensity] =>
  stateDensities({ hmm: randomModel(seed, 'full', 2, 2), scaler: unit }) as [StateDensity, StateDensity];

const line = (mean: number, variance: number): StateDensity => ({
  mean: Float64Array.of(mean),
  covariance: Float64Array.of(variance),
});

/** √(1 − ∫√(p q)) by the trapezium rule. */
const numerical = (p: (x: number) => number, q: (x: number) => number): number => {
  let overlap = 0;
  for (let x = -400; x <= 400; x += 0.005) overlap += 0.005 * Math.sqrt(p(x) * q(x));
  return Math.sqrt(Math.max(0, 1 - overlap));
};

describe('hellinger', () => {
  it('is 0 for the same, symmetric, at most 1', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a, b] = pair(seed);
        expect(hellinger(a, a)).toBeLessThan(1e-7);
        expect(hellinger(a, b)).toBeCloseTo(hellinger(b, a), 12);
        expect(hellinger(a, b)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('does not depend on the units of the features', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const hmm = randomModel(seed, 'full', 2, 2);
        const [a, b] = pair(seed);
        const [c, d] = stateDensities({ hmm, scaler: { mean: [1e3, -7], scale: [1e-4, 50] } });
        expect(hellinger(c!, d!)).toBeCloseTo(hellinger(a, b), 8);
      }),
    );
  });

  it('is what the integral is', () => {
    const normal = (mean: number, variance: number) => (x: number) =>
      Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
    expect(hellinger(line(0, 1), line(1.5, 4))).toBeCloseTo(numerical(normal(0, 1), normal(1.5, 4)), 6);
  });

  it('is within 0.12 of it for Student-t emissions', () => {
    // Constants of the densities: Γ((ν + 1) / 2) / (√(νπ) Γ(ν / 2)).
    const constants = { 3: 2 / (Math.PI * Math.sqrt(3)), 5: 8 / (3 * Math.PI * Math.sqrt(5)) };
    const student = (nu: 3 | 5, mean: number, scale: number) => (x: number) =>
      (constants[nu] / scale) * (1 + ((x - mean) / scale) ** 2 / nu) ** (-(nu + 1) / 2);
    const density = (nu: number, mean: number, scale: number) =>
      stateDensities({
        hmm: {
          ...{ covarianceType: 'diag', nStates: 1, nFeatures: 1, start: Float64Array.of(1) },
          ...{ transition: Float64Array.of(1), means: Float64Array.of(mean) },
          ...{ covariances: Float64Array.of(scale ** 2), degreesOfFreedom: Float64Array.of(nu) },
        },
        scaler: { mean: [0], scale: [1] },
      })[0]!;
    for (const [nu, other, mean, scale] of [
      [3, 5, 0, 1],
      [3, 3, 0, 3],
      [5, 3, 2, 1],
      [5, 5, 1, 4],
    ] as const) {
      const exact = numerical(student(nu, 0, 1), student(other, mean, scale));
      expect(Math.abs(hellinger(density(nu, 0, 1), density(other, mean, scale)) - exact)).toBeLessThan(0.12);
    }
  });

  it('refuses a covariance that is none', () => {
    expect(() => hellinger(line(0, 1), line(0, -1))).toThrow(RangeError);
  });
});
