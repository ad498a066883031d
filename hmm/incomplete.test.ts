import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { baumWelch } from './baum-welch.ts';
import { fit } from './fit.ts';
import { covarianceTypes, largestDifference, randomModel, regimeRows } from './hmm.fixture.ts';
import { logEmissionsOf } from './missing.ts';
import { type Hmm, validate } from './model.ts';
import { type Observations, rowCount } from './observations.ts';
import { createPlainEStep } from './plain-e-step.ts';
import { defaultPrior } from './prior.ts';
import { sample } from './sample.ts';
import { createStatistics, featureMeans, pooledCovariance, type Statistics } from './statistics.ts';

const none = Number.NaN;
const sequence = (nFeatures: number, ...rows: number[]): Observations => ({
  rows: Float64Array.from(rows),
  nFeatures,
  sequenceStarts: [0],
});
const tails = () => Float64Array.of(2.5, 30);
const expectations = (model: Hmm, data: Observations): { statistics: Statistics; logLikelihood: number } => {
  const statistics = createStatistics(model.nStates, new Float64Array(data.nFeatures).fill(0.3));
  const { logLikelihood } = createPlainEStep(model, data).run(model, statistics);
  return { statistics, logLikelihood };
};
const apart = (a: Statistics, b: Statistics): number =>
  Math.max(
    ...(['start', 'transitions', 'weight', 'sums', 'products'] as const).map((name) =>
      largestDifference(a[name], b[name]),
    ),
  );

describe('weights of rows', () => {
  const data = sequence(2, 1, 2, -1, 0.5, 0, 0, 2, 1);

  it.each(covarianceTypes)('with one state, a weight of 2 is the row given twice: %s', (type) => {
    const model = randomModel(1, type, 1, 2);
    const weighted = expectations(model, { ...data, weights: Float64Array.of(1, 2, 1, 1) });
    const doubled = expectations(model, sequence(2, 1, 2, -1, 0.5, -1, 0.5, 0, 0, 2, 1));
    expect(weighted.logLikelihood).toBeCloseTo(doubled.logLikelihood, 11);
    for (const name of ['weight', 'sums'] as const)
      expect(largestDifference(weighted.statistics[name], doubled.statistics[name])).toBeLessThan(1e-12);
    expect(largestDifference(lower(weighted.statistics, type), lower(doubled.statistics, type))).toBeLessThan(
      1e-12,
    );
  });

  it('of 0 make a row a missing one; of 1 change nothing', () => {
    const model = randomModel(2, 'full', 3, 2);
    const zero = expectations(model, { ...data, weights: Float64Array.of(1, 0, 1, 1) });
    const missing = expectations(model, sequence(2, 1, 2, none, none, 0, 0, 2, 1));
    expect(zero.logLikelihood).toBeCloseTo(missing.logLikelihood, 12);
    expect(apart(zero.statistics, missing.statistics)).toBeLessThan(1e-13);
    const ones = expectations(model, { ...data, weights: new Float64Array(4).fill(1) });
    const plain = expectations(model, data);
    expect(ones.logLikelihood).toBeCloseTo(plain.logLikelihood, 12);
    expect(apart(ones.statistics, plain.statistics)).toBeLessThan(1e-12);
  });

  it('are powers of the emissions in the sum over every path', () => {
    const model = randomModel(3, 'full', 2, 2);
    const weights = Float64Array.of(0.5, 3, 0, 1.25);
    const { statistics, logLikelihood } = expectations(model, { ...data, weights });
    const brute = overPaths(model, data, weights);
    expect(logLikelihood).toBeCloseTo(Math.log(brute.total), 11);
    expect(largestDifference(statistics.weight, brute.weight)).toBeLessThan(1e-12);
    expect(largestDifference(statistics.sums, brute.sums)).toBeLessThan(1e-12);
    expect(largestDifference(statistics.transitions, brute.transitions)).toBeLessThan(1e-12);
  });

  it.each([
    ['one too few', Float64Array.of(1, 1, 1)],
    ['a negative one', Float64Array.of(1, -1, 1, 1)],
    ['NaN', Float64Array.of(1, none, 1, 1)],
    ['an infinite one', Float64Array.of(1, Infinity, 1, 1)],
  ])('are refused with %s', (_, weights) => {
    const options = { nStates: 1, covarianceType: 'diag', seed: 1 } as const;
    expect(() => fit({ ...data, weights }, options)).toThrow(
      expect.objectContaining({ code: 'InvalidData' }),
    );
  });
});

describe('missing values in training', () => {
  it.each([...covarianceTypes])('enter by their moments given all that is there: %s', (type) => {
    const model = randomModel(5, type, 2, 2);
    const { statistics } = expectations(model, sequence(2, 1, 0.5, 0.7, none, -1, 0.2));
    const brute = overValues(model, (y) => sequence(2, 1, 0.5, 0.7, y, -1, 0.2));
    for (const name of ['weight', 'sums', 'transitions'] as const)
      expect(largestDifference(statistics[name], brute[name])).toBeLessThan(1e-7);
    expect(largestDifference(lower(statistics, type), lower(brute, type))).toBeLessThan(1e-7);
  });

  it('of a Student-t row leave a Student-t density of the same ν', () => {
    const model = { ...randomModel(4, 'full', 2, 2), degreesOfFreedom: Float64Array.of(3, 5) };
    const grid = Float64Array.from({ length: 40_000 }, (_, i) =>
      i % 2 === 0 ? 0.7 : 0.04 * (Math.floor(i / 2) - 10_000),
    );
    const integral = [0, 0];
    logEmissionsOf(model, sequence(2, ...grid)).forEach((log, i) => {
      integral[i % 2] = integral[i % 2]! + 0.04 * Math.exp(log);
    });
    const marginal = logEmissionsOf(model, sequence(2, 0.7, none)).map(Math.exp);
    expect(largestDifference(marginal, integral)).toBeLessThan(1e-6);
  });

  it('of a whole row say nothing, and add nothing', () => {
    const model = randomModel(6, 'full', 2, 2);
    const { statistics } = expectations(model, sequence(2, 1, 2, none, none, 0, 1));
    expect(statistics.weight.reduce((a, b) => a + b, 0)).toBeCloseTo(2, 12);
    expect(statistics.transitions.reduce((a, b) => a + b, 0)).toBeCloseTo(2, 12);
  });

  it('never make the objective fall, whatever is missing and however rows are weighted', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100_000 }),
        fc.constantFrom(...covarianceTypes),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        fc.boolean(),
        (seed, type, share, weighted, fat) => {
          const random = createRandom(seed);
          const whole = regimeRows(seed, [40, 1, 20], 2);
          const rows = whole.rows.map((x) => (random.uniform() < share ? none : x));
          const weights = Float64Array.from({ length: 61 }, () => 3 * random.uniform());
          const data = { ...whole, rows, ...(weighted && { weights }) };
          const centre = featureMeans(data);
          const shape = { covarianceType: type, nStates: 2, nFeatures: 2 };
          const prior = defaultPrior(shape, centre, pooledCovariance(data, centre));
          const start = { ...randomModel(seed, type, 2, 2), ...(fat && { degreesOfFreedom: tails() }) };
          const { objectives, model } = baumWelch(start, data, {
            prior,
            maxIterations: 12,
            tolerance: -Infinity,
          });
          const falls = objectives.slice(1).map((value, i) => objectives[i]! - value);
          expect(Math.max(...falls)).toBeLessThan(1e-8);
          validate(model);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('at random in a third of the places leave the fit where it was', () => {
    const truth: Hmm = {
      ...randomModel(9, 'full', 2, 2),
      transition: Float64Array.of(0.95, 0.05, 0.05, 0.95),
      means: Float64Array.of(0, 0, 4, -3),
    };
    const random = createRandom(3);
    const whole = { rows: sample(truth, 5000, random).rows, nFeatures: 2, sequenceStarts: [0] };
    const rows = whole.rows.map((x) => (random.uniform() < 1 / 3 ? none : x));
    const options = { nStates: 2, covarianceType: 'full', seed: 1, restarts: 1 } as const;
    const { model } = fit({ ...whole, rows }, options);
    const first = model.means[0]! < 2 ? 0 : 1;
    expect(largestDifference(model.means.subarray(2 * first, 2 * first + 2), [0, 0])).toBeLessThan(0.12);
    const covariance = model.covariances.subarray(4 * first, 4 * first + 4);
    expect(largestDifference(covariance, truth.covariances.subarray(0, 4))).toBeLessThan(0.12);
  });

  it.each<[string, (t: number, d: number) => boolean]>([
    ['a whole feature', (_, d) => d === 1],
    ['everything', () => true],
    ['all but one value', (t, d) => t !== 7 || d !== 0],
    ['one of the two, always', (t, d) => t % 2 === d],
  ])('leave a valid model when they are %s', (_, isMissing) => {
    for (const covarianceType of covarianceTypes) {
      for (const emission of ['gaussian', 'student-t'] as const) {
        const data = regimeRows(2, [30, 10], 2);
        const rows = data.rows.map((x, i) => (isMissing(Math.floor(i / 2), i % 2) ? none : x));
        const options = { nStates: 2, covarianceType, emission, seed: 1, restarts: 1, maxIterations: 40 };
        const { model, objective } = fit({ ...data, rows }, options);
        validate(model);
        expect(Number.isFinite(objective)).toBe(true);
      }
    }
  });
});

/** The products that the M-step reads: lower triangles, or diagonals where these suffice. */
const lower = ({ products }: Pick<Statistics, 'products'>, type: string): Float64Array =>
  products.map((value, i) =>
    i % 4 === 1 || (i % 4 === 2 && (type === 'diag' || type === 'spherical')) ? 0 : value,
  );

/** The definition: every path of K^T, each weighted by its probability with emissions b^weight; centre 0.3. */
const overPaths = (model: Hmm, data: Observations, weights?: Float64Array) => {
  const { nStates: K, nFeatures: D } = model;
  const T = rowCount(data);
  const logs = logEmissionsOf(model, data);
  const [weight, sums, products, transitions] = [K, K * D, K * D * D, K * K].map((n) => new Float64Array(n));
  let total = 0;
  for (let index = 0; index < K ** T; index++) {
    const path = Array.from({ length: T }, (_, t) => Math.floor(index / K ** t) % K);
    const p = path.reduce((product, k, t) => {
      const reach = t === 0 ? model.start[k]! : model.transition[path[t - 1]! * K + k]!;
      return product * reach * Math.exp((weights?.[t] ?? 1) * logs[t * K + k]!);
    }, 1);
    total += p;
    path.forEach((k, t) => {
      const g = p * (weights?.[t] ?? 1);
      const x = Array.from({ length: D }, (_, d) => data.rows[t * D + d]! - 0.3);
      weight![k] = weight![k]! + g;
      if (t > 0) transitions![path[t - 1]! * K + k] = transitions![path[t - 1]! * K + k]! + p;
      for (let i = 0; i < D; i++) {
        sums![k * D + i] = sums![k * D + i]! + g * x[i]!;
        for (let j = 0; j <= i; j++) {
          const at = (k * D + i) * D + j;
          products![at] = products![at]! + g * x[i]! * x[j]!;
        }
      }
    });
  }
  const share = (values: Float64Array) => values.map((value) => value / total);
  return {
    total,
    weight: share(weight!),
    sums: share(sums!),
    products: share(products!),
    transitions: share(transitions!),
  };
};

/** The same with one value integrated out on a grid. */
const overValues = (model: Hmm, at: (y: number) => Observations) => {
  let total = 0;
  const names = ['weight', 'sums', 'products', 'transitions'] as const;
  const result = {} as Record<(typeof names)[number], Float64Array>;
  for (let y = -14; y < 14; y += 0.05) {
    const here = overPaths(model, at(y));
    total += here.total;
    for (const name of names) {
      const before = result[name] ?? new Float64Array(here[name].length);
      result[name] = before.map((value, i) => value + here.total * here[name][i]!);
    }
  }
  for (const name of names) result[name] = result[name].map((value) => value / total);
  return result;
};
