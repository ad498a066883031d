import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { bic, parameterCount } from './criteria.ts';
import { filterObservations } from './filter.ts';
import { fit } from './fit.ts';
import { covarianceTypes, largestDifference, randomModel } from './hmm.fixture.ts';
import { logEmissionsOf } from './missing.ts';
import { fromParameters, type Hmm, toParameters } from './model.ts';
import type { Observations } from './observations.ts';
import { sample } from './sample.ts';

const oneSequence = (rows: Float64Array, nFeatures: number): Observations => ({
  rows,
  nFeatures,
  sequenceStarts: [0],
});

const heavyTailed = (nu: number): Hmm => ({
  covarianceType: 'diag',
  nStates: 2,
  nFeatures: 2,
  start: Float64Array.of(0.5, 0.5),
  transition: Float64Array.of(0.97, 0.03, 0.05, 0.95),
  means: Float64Array.of(0, 0, 3, -3),
  covariances: Float64Array.of(1, 0.5, 2, 4),
  degreesOfFreedom: Float64Array.of(nu, nu),
});

const total = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

describe('Student-t emissions', () => {
  it('have the density of the multivariate t distribution', () => {
    const model = { ...randomModel(1, 'full', 1, 2), degreesOfFreedom: Float64Array.of(4) };
    model.means.set([0.5, -1]);
    model.covariances.set([2, 0.6, 0.6, 1]);
    const [got] = logEmissionsOf(model, oneSequence(Float64Array.of(1.5, 0.25), 2));
    // By hand: δ = (x−μ)ᵀ Σ⁻¹ (x−μ), |Σ| = 1.64; Γ((ν+D)/2) / Γ(ν/2) = Γ(3) / Γ(2) = 2.
    const delta = (1 - 2 * 0.6 * 1.25 + 2 * 1.25 ** 2) / 1.64;
    const want = Math.log(2 / (4 * Math.PI * Math.sqrt(1.64))) - 3 * Math.log(1 + delta / 4);
    expect(got).toBeCloseTo(want, 13);
  });

  it('become Gaussian as the degrees of freedom grow', () => {
    const gaussian = randomModel(2, 'full', 3, 3);
    const student = { ...gaussian, degreesOfFreedom: new Float64Array(3).fill(1e7) };
    const data = oneSequence(sample(gaussian, 50, createRandom(1)).rows, 3);
    expect(largestDifference(logEmissionsOf(student, data), logEmissionsOf(gaussian, data))).toBeLessThan(
      1e-3,
    );
  });

  it('find the degrees of freedom that made the data', () => {
    const { rows } = sample(heavyTailed(4), 8000, createRandom(3));
    const { model } = fit(oneSequence(rows, 2), {
      nStates: 2,
      covarianceType: 'diag',
      emission: 'student-t',
      seed: 1,
      restarts: 1,
      tolerance: 1e-5,
    });
    for (const nu of model.degreesOfFreedom!) expect(Math.abs(nu - 4)).toBeLessThan(0.8);
  });

  it('predict heavy-tailed rows better than a Gaussian model does, and Gaussian rows hardly worse', () => {
    for (const [nu, least] of [
      [3, 0.03],
      [1000, -0.005],
    ] as const) {
      const train = oneSequence(sample(heavyTailed(nu), 3000, createRandom(4)).rows, 2);
      const later = oneSequence(sample(heavyTailed(nu), 3000, createRandom(5)).rows, 2);
      const score = (emission: 'gaussian' | 'student-t'): number => {
        const options = {
          nStates: 2,
          covarianceType: 'diag',
          seed: 1,
          restarts: 1,
          tolerance: 1e-5,
        } as const;
        return (
          total(filterObservations(fit(train, { ...options, emission }).model, later).logLikelihood) / 3000
        );
      };
      expect(score('student-t') - score('gaussian')).toBeGreaterThan(least);
    }
  });

  it.each(covarianceTypes)('never lower the objective (%s), and are stored exactly', (covarianceType) => {
    const truth = { ...randomModel(6, covarianceType, 3, 2), degreesOfFreedom: Float64Array.of(3, 5, 30) };
    const data = oneSequence(sample(truth, 400, createRandom(6)).rows, 2);
    // ObjectiveFell would be thrown.
    const { model } = fit(data, {
      nStates: 3,
      covarianceType,
      emission: 'student-t',
      seed: 1,
      restarts: 2,
      maxIterations: 40,
    });
    const stored = JSON.parse(JSON.stringify(toParameters(model)));
    expect(fromParameters(stored)).toEqual(model);
  });

  it('count as one parameter for each state', () => {
    const model = heavyTailed(5);
    const { degreesOfFreedom: _, ...gaussian } = model;
    expect(parameterCount(model)).toBe(parameterCount(gaussian) + 2);
    expect(bic(model, 0, Math.E)).toBeCloseTo(parameterCount(model), 12);
  });

  it.each([0, -1, Number.NaN])('refuses %s degrees of freedom', (nu) => {
    const stored = toParameters(heavyTailed(5));
    expect(() => fromParameters({ ...stored, degreesOfFreedom: [5, nu] })).toThrow(
      expect.objectContaining({ code: 'InvalidModel' }),
    );
    expect(() => fromParameters({ ...stored, degreesOfFreedom: [5] })).toThrow(
      expect.objectContaining({ code: 'InvalidModel' }),
    );
  });
});
