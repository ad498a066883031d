/** Laws that hold for every model, whatever its covariances, its emissions and what is missing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { baumWelch } from './baum-welch.ts';
import { createStep, filterObservations } from './filter.ts';
import { fit } from './fit.ts';
import { covarianceTypes, largestDifference, randomModel, regimeRows } from './hmm.fixture.ts';
import { posteriors } from './inference.ts';
import { fromParameters, type Hmm, permuteStates, toParameters, validate } from './model.ts';
import { type Observations, rowCount } from './observations.ts';
import { defaultPrior } from './prior.ts';
import { featureMeans, pooledCovariance } from './statistics.ts';

const seeds = fc.integer({ min: 0, max: 100_000 });
const kinds = fc.record({
  type: fc.constantFrom(...covarianceTypes),
  fat: fc.boolean(),
  holes: fc.boolean(),
});
type Kind = typeof kinds extends fc.Arbitrary<infer T> ? T : never;

const modelOf = (seed: number, { type, fat }: Kind, K: number, D: number): Hmm => ({
  ...randomModel(seed, type, K, D),
  ...(fat && { degreesOfFreedom: Float64Array.from({ length: K }, (_, k) => 3 + 4 * k) }),
});

const dataOf = (seed: number, { holes }: Kind, D: number): Observations => {
  const random = createRandom(seed, 7);
  const data = regimeRows(seed, [30, 1, 20], D);
  return holes ? { ...data, rows: data.rows.map((x) => (random.uniform() < 0.2 ? Number.NaN : x)) } : data;
};

const learn = (model: Hmm, data: Observations, maxIterations = 6) => {
  const centre = featureMeans(data);
  const prior = defaultPrior(model, centre, pooledCovariance(data, centre));
  return baumWelch(model, data, { prior, maxIterations, tolerance: -Infinity });
};

describe('every model', () => {
  it('has posteriors that sum to 1 and a filter that is the same bar by bar', () => {
    fc.assert(
      fc.property(seeds, kinds, (seed, kind) => {
        const model = modelOf(seed, kind, 3, 2);
        const data = dataOf(seed, kind, 2);
        const { gamma } = posteriors(model, data);
        const { filtered, logLikelihood } = filterObservations(model, data);
        const step = createStep(model);
        let prob: Float64Array | undefined;
        for (let t = 0; t < rowCount(data); t++) {
          const sum = gamma.subarray(3 * t, 3 * t + 3).reduce((a, b) => a + b, 0);
          expect(Math.abs(sum - 1)).toBeLessThan(1e-12);
          const before = data.sequenceStarts.includes(t) ? undefined : prob;
          const now = step(before, data.rows.subarray(2 * t, 2 * t + 2));
          expect(largestDifference(now.prob, filtered.subarray(3 * t, 3 * t + 3))).toBeLessThan(1e-13);
          expect(Math.abs(now.logLikelihood - logLikelihood[t]!)).toBeLessThan(1e-11);
          prob = now.prob;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('learns the same with its states in another order', () => {
    fc.assert(
      fc.property(seeds, kinds, (seed, kind) => {
        const order = [2, 0, 1];
        const model = modelOf(seed, kind, 3, 2);
        const data = dataOf(seed, kind, 2);
        const plain = permuteStates(learn(model, data).model, order);
        expectEqual(learn(permuteStates(model, order), data).model, plain, 1e-9);
      }),
      { numRuns: 40 },
    );
  });

  it('moves and stretches with the features, and nothing else changes', () => {
    const exponent = fc.integer({ min: -6, max: 6 });
    const shift = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(seeds, kinds, fc.tuple(exponent, exponent), fc.tuple(shift, shift), (seed, kind, e, s) => {
        const factors = (kind.type === 'spherical' ? [e[0], e[0]] : e).map((power) => 10 ** power);
        const shifts = s.map((value, d) => value * factors[d]!);
        const model = modelOf(seed, kind, 2, 2);
        const data = dataOf(seed, kind, 2);
        const moved = { ...data, rows: data.rows.map((x, i) => shifts[i % 2]! + factors[i % 2]! * x) };
        const a = learn(model, data);
        const b = learn(transformed(model, factors, shifts), moved);
        expectEqual(b.model, transformed(a.model, factors, shifts), 1e-6, factors);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps its zeros, and is stored bit for bit', () => {
    fc.assert(
      fc.property(seeds, kinds, (seed, kind) => {
        const model = modelOf(seed, kind, 3, 2);
        model.start.set([1, 0, 0]);
        model.transition.set([0.9, 0.1, 0, 0, 0.9, 0.1, 0, 0, 1]);
        const result = learn(model, dataOf(seed, kind, 2)).model;
        for (const i of [2, 3, 6, 7]) expect(result.transition[i]).toBe(0);
        expect(Array.from(result.start)).toEqual([1, 0, 0]);
        expect(fromParameters(JSON.parse(JSON.stringify(toParameters(result))))).toEqual(result);
      }),
      { numRuns: 30 },
    );
  });

  it('is valid after learning from any finite rows up to 1e12, holes among them', () => {
    const value = fc.oneof(
      fc.double({ min: -1e12, max: 1e12, noNaN: true }),
      fc.constantFrom(0, 1, 1e12, -1e12, 1e-12, 1e12 + 1),
    );
    const row = fc.tuple(value, value);
    const rows = fc.oneof(
      fc.array(row, { minLength: 1, maxLength: 20 }),
      fc.tuple(row, fc.integer({ min: 1, max: 20 })).map(([one, n]) => Array.from({ length: n }, () => one)),
      fc.array(value, { minLength: 1, maxLength: 20 }).map((column) => column.map((x) => [x, 1e12])),
    );
    fc.assert(
      fc.property(rows, kinds, seeds, (table, kind, seed) => {
        const random = createRandom(seed);
        const holes = kind.holes ? 0.3 : 0;
        const data = {
          rows: Float64Array.from(table.flat(), (x) => (random.uniform() < holes ? Number.NaN : x)),
          nFeatures: 2,
          sequenceStarts: [0],
        };
        const { model, objective } = fit(data, {
          ...{ nStates: 3, covarianceType: kind.type, seed, restarts: 1, maxIterations: 10 },
          emission: kind.fat ? 'student-t' : 'gaussian',
        });
        validate(model);
        expect(Number.isFinite(objective)).toBe(true);
        expect(filterObservations(model, data).filtered.every(Number.isFinite)).toBe(true);
        expect(posteriors(model, data).gamma.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});

/** The model of features `shift + factor · x`. */
const transformed = (model: Hmm, factors: readonly number[], shifts: readonly number[]): Hmm => {
  const D = model.nFeatures;
  const scaleOf = (i: number): number => {
    if (model.covarianceType === 'spherical') return factors[0]! ** 2;
    if (model.covarianceType === 'diag') return factors[i % D]! ** 2;
    return factors[Math.floor(i / D) % D]! * factors[i % D]!;
  };
  return {
    ...model,
    means: model.means.map((mean, i) => shifts[i % D]! + factors[i % D]! * mean),
    covariances: model.covariances.map((value, i) => scaleOf(i) * value),
  };
};

const expectEqual = (got: Hmm, want: Hmm, tolerance: number, factors: readonly number[] = [1, 1]): void => {
  const back = (model: Hmm) =>
    transformed(
      model,
      factors.map((factor) => 1 / factor),
      [0, 0],
    );
  expect(largestDifference(got.start, want.start)).toBeLessThan(tolerance);
  expect(largestDifference(got.transition, want.transition)).toBeLessThan(tolerance);
  expect(largestDifference(back(got).means, back(want).means)).toBeLessThan(tolerance);
  expect(largestDifference(back(got).covariances, back(want).covariances)).toBeLessThan(tolerance);
  expect(largestDifference(got.degreesOfFreedom ?? [], want.degreesOfFreedom ?? [])).toBeLessThan(
    1e3 * tolerance,
  );
};
