import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { gamma } from '../numerics/random-gamma.ts';
import { stationaryDistribution } from './forecast.ts';
import { covarianceTypes, largestDifference, randomModel } from './hmm.fixture.ts';
import type { Hmm } from './model.ts';
import { sample } from './sample.ts';
import { featureMeans, pooledCovariance } from './statistics.ts';

const length = 40_000;
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe('sample', () => {
  it.each(covarianceTypes)('has the transitions, means and covariances of its model: %s', (type) => {
    const model = randomModel(3, type, 2, 2);
    const { states, rows } = sample(model, length, createRandom(1));
    expect(largestDifference(occupancy(states, 2), stationaryDistribution(model))).toBeLessThan(0.02);
    const stays = states.filter((k, t) => t > 0 && states[t - 1] === 0 && k === 0).length;
    expect(stays / states.subarray(0, length - 1).filter((k) => k === 0).length).toBeCloseTo(
      model.transition[0]!,
      1,
    );
    const own = rowsOf(rows, states, 1);
    const centre = featureMeans(own);
    expect(largestDifference(centre, model.means.subarray(2, 4))).toBeLessThan(0.05);
    expect(largestDifference(pooledCovariance(own, centre), covarianceOf(model, 1))).toBeLessThan(0.05);
  });

  it('has the fat tails of Student-t emissions: variance ν / (ν − 2) Σ', () => {
    const model = { ...randomModel(5, 'diag', 1, 1), degreesOfFreedom: Float64Array.of(5) };
    const { rows } = sample(model, 200_000, createRandom(2));
    const z = Array.from(rows, (x) => (x - model.means[0]!) / Math.sqrt(model.covariances[0]!));
    expect(Math.abs(mean(z))).toBeLessThan(0.02);
    expect(mean(z.map((x) => x * x))).toBeCloseTo(5 / 3, 1);
    // P(|t| > 4.032) = 1 % at ν = 5 (tables); a Gaussian of that variance would give 0.18 %.
    expect(z.filter((x) => Math.abs(x) > 4.032).length / z.length).toBeCloseTo(0.01, 3);
  });

  it('is the same bits for a seed and never enters what has probability 0', () => {
    const model = { ...randomModel(2, 'full', 3, 2), start: Float64Array.of(1, 0, 0) };
    model.transition.set([0.5, 0.5, 0, 0.5, 0.5, 0, 0.3, 0.3, 0.4]);
    const { states } = sample(model, 5000, createRandom(4));
    expect(states).not.toContain(2);
    expect(sample(model, 50, createRandom(4))).toEqual(sample(model, 50, createRandom(4)));
    expect(sample(model, 0, createRandom(4)).rows.length).toBe(0);
  });
});

describe('gamma', () => {
  it.each([0.3, 1, 2.5, 40])('has mean and variance equal to its shape: %f', (shape) => {
    const random = createRandom(9);
    const draws = Array.from({ length }, () => gamma(shape, random));
    expect(Math.abs(mean(draws) / shape - 1)).toBeLessThan(0.03);
    expect(Math.abs(mean(draws.map((x) => (x - shape) ** 2)) / shape - 1)).toBeLessThan(0.06);
  });
});

const occupancy = (states: Int32Array, K: number): number[] =>
  Array.from({ length: K }, (_, k) => states.filter((state) => state === k).length / states.length);

const rowsOf = (rows: Float64Array, states: Int32Array, k: number) => ({
  rows: rows.filter((_, i) => states[Math.floor(i / 2)] === k),
  nFeatures: 2,
  sequenceStarts: [0],
});

const covarianceOf = ({ covarianceType: type, covariances: c }: Hmm, k: number): number[] => {
  if (type === 'spherical') return [c[k]!, 0, 0, c[k]!];
  if (type === 'diag') return [c[k * 2]!, 0, 0, c[k * 2 + 1]!];
  return Array.from(type === 'tied' ? c : c.subarray(k * 4, k * 4 + 4));
};
