import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baumWelch } from './baum-welch.ts';
import { fit } from './fit.ts';
import { covarianceTypes, largestDifference, randomModel, regimeRows } from './hmm.fixture.ts';
import { fromParameters, permuteStates, toParameters, validate } from './model.ts';
import type { Observations } from './observations.ts';
import { defaultPrior } from './prior.ts';
import { fitScaler, logJacobian, scaleRows } from './scaler.ts';
import { featureMeans, pooledCovariance } from './statistics.ts';

const seeds = fc.integer({ min: 0, max: 100_000 });
const types = fc.constantFrom(...covarianceTypes);
const quick = { nStates: 3, covarianceType: 'full', seed: 1, restarts: 3 } as const;

const priorOf = (data: Observations, nStates: number, covarianceType: (typeof covarianceTypes)[number]) => {
  const centre = featureMeans(data);
  return defaultPrior(
    { covarianceType, nStates, nFeatures: data.nFeatures },
    centre,
    pooledCovariance(data, centre),
  );
};

describe('EM in default mode', () => {
  it('never lowers its objective, from any start', () => {
    fc.assert(
      fc.property(seeds, types, fc.integer({ min: 1, max: 4 }), (seed, type, K) => {
        const data = regimeRows(seed, [60, 1, 25], 2);
        const prior = priorOf(data, K, type);
        const result = baumWelch(randomModel(seed, type, K, 2), data, {
          prior,
          maxIterations: 25,
          tolerance: -Infinity,
        });
        const falls = result.objectives.slice(1).map((value, i) => result.objectives[i]! - value);
        expect(Math.max(...falls)).toBeLessThan(1e-8);
        expect(result.objectives.every(Number.isFinite)).toBe(true);
        validate(result.model);
      }),
      { numRuns: 40 },
    );
  });

  it('reaches a stationary point: a further step hardly moves it', () => {
    const data = regimeRows(4, [400], 2);
    const { model } = fit(data, { ...quick, tolerance: 1e-13, maxIterations: 5000 });
    const prior = priorOf(data, 3, 'full');
    const next = baumWelch(model, data, { prior, maxIterations: 1, tolerance: -Infinity });
    expect(largestDifference(next.model.means, model.means)).toBeLessThan(1e-5);
  });

  it('commutes with relabelling the start', () => {
    const data = regimeRows(11, [150], 2);
    const prior = priorOf(data, 3, 'full');
    const options = { prior, maxIterations: 10, tolerance: -Infinity };
    const start = randomModel(11, 'full', 3, 2);
    const plain = baumWelch(start, data, options).model;
    const relabelled = baumWelch(permuteStates(start, [1, 2, 0]), data, options).model;
    expect(
      largestDifference(permuteStates(plain, [1, 2, 0]).covariances, relabelled.covariances),
    ).toBeLessThan(1e-9);
    expect(largestDifference(permuteStates(plain, [1, 2, 0]).transition, relabelled.transition)).toBeLessThan(
      1e-9,
    );
  });
});

describe('fit', () => {
  it('finds regimes that were put in', () => {
    const data = regimeRows(2, [3000], 2);
    const { model, converged, report } = fit(data, { ...quick, restarts: 5 });
    const first = Array.from({ length: 3 }, (_, k) => model.means[k * 2]!).sort((a, b) => a - b);
    expect(converged).toBe(true);
    expect(report.warnings).toEqual([]);
    expect(largestDifference(first, [0, 1, 2])).toBeLessThan(0.15);
    for (let k = 0; k < 3; k++) expect(model.transition[k * 4]).toBeGreaterThan(0.9);
  });

  it('is the same bits for a seed; another seed may start elsewhere', () => {
    const data = regimeRows(3, [500], 3);
    const bytes = (seed: number) => JSON.stringify(toParameters(fit(data, { ...quick, seed }).model));
    expect(bytes(5)).toBe(bytes(5));
    expect(bytes(5)).not.toBe(bytes(6));
  });

  it('does five short runs and finishes the best two, reporting each iteration', () => {
    const seen: string[] = [];
    const onIteration = ({ restart, iteration }: { restart: number; iteration: number }) =>
      void seen.push(`${restart}:${iteration}`);
    const { report, objective } = fit(regimeRows(3, [400], 2), { ...quick, restarts: 5, onIteration });
    expect(report.restarts.map(({ restart }) => restart)).toEqual([0, 1, 2, 3, 4]);
    expect(report.restarts.filter(({ finished }) => finished).length).toBe(2);
    expect(Math.max(...report.restarts.map((one) => one.objective))).toBe(objective);
    expect(seen.length).toBe(new Set(seen).size);
    expect(seen.length).toBe(report.restarts.reduce((sum, { iterations }) => sum + iterations, 0));
  });

  it.each<{ restarts?: number; alsoFrom?: boolean; initial?: boolean }>([
    {},
    { restarts: 1 },
    { alsoFrom: true },
    { initial: true },
  ])('counts its iterations against the most that it may need: %j', ({ alsoFrom, initial, ...given }) => {
    const data = regimeRows(3, [400], 2);
    const { model } = fit(data, quick);
    const counts: { done: number; of: number }[] = [];
    const { report } = fit(data, {
      ...{ ...quick, shortIterations: 4, maxIterations: 50, ...given },
      ...(alsoFrom && { alsoFrom: model }),
      ...(initial && { initial: model }),
      onIteration: (progress) => void counts.push(progress),
    });
    expect(counts.map(({ done }) => done)).toEqual(counts.map((_, i) => i + 1));
    const bounds = counts.map(({ of }) => of);
    expect(bounds).toEqual(bounds.toSorted((a, b) => b - a));
    const finished = report.restarts.filter((run) => run.finished).length;
    const short = initial ? 0 : (given.restarts ?? 3) * 4;
    expect(bounds[0]).toBe(short + finished * 50);
    // What the last run was allowed and did not need is all that is left of the bound.
    expect(bounds.at(-1)! - counts.length).toBeGreaterThanOrEqual(0);
    expect(bounds.at(-1)! - counts.length).toBeLessThan(50);
    expect(counts.length).toBeLessThan(bounds[0]!);
  });

  it.each(covarianceTypes)('shifts and scales with the features: %s', (covarianceType) => {
    const data = regimeRows(6, [300], 2);
    const factors = covarianceType === 'spherical' ? [1e-3, 1e-3] : [1e-3, 250];
    const shifts = [5, -1e4];
    const moved = { ...data, rows: data.rows.map((x, i) => shifts[i % 2]! + factors[i % 2]! * x) };
    const options = { ...quick, covarianceType };
    const [a, b] = [fit(data, options), fit(moved, options)];
    const back = b.model.means.map((mean, i) => (mean - shifts[i % 2]!) / factors[i % 2]!);
    expect(largestDifference(back, a.model.means)).toBeLessThan(1e-5);
    expect(largestDifference(b.model.transition, a.model.transition)).toBeLessThan(1e-6);
    const jacobian = 300 * (Math.log(factors[0]!) + Math.log(factors[1]!));
    expect(b.logLikelihood + jacobian).toBeCloseTo(a.logLikelihood, 4);
  });

  it('is right at an offset of 1e8, where raw moments give a negative variance', () => {
    const data = regimeRows(7, [300], 2);
    const moved = { ...data, rows: data.rows.map((x) => x + 1e8) };
    const [a, b] = [fit(data, quick), fit(moved, quick)];
    expect(
      largestDifference(
        b.model.means.map((m) => m - 1e8),
        a.model.means,
      ),
    ).toBeLessThan(1e-5);
    expect(largestDifference(b.model.covariances, a.model.covariances)).toBeLessThan(1e-5);
  });

  it('keeps the scale of returns: a deviation of 3e-4 is not drowned in its prior', () => {
    const data = regimeRows(8, [2000], 1, 2);
    const returns = { ...data, rows: data.rows.map((x) => 3e-4 * x) };
    const { model } = fit(returns, { ...quick, nStates: 2, covarianceType: 'diag' });
    const deviations = Array.from(model.covariances, Math.sqrt).sort((a, b) => a - b);
    expect(deviations[0]! / (3e-4 * 0.3)).toBeCloseTo(1, 1);
    expect(deviations[1]! / (3e-4 * 0.7)).toBeCloseTo(1, 1);
  });

  it('gives a valid finite model for any finite input', () => {
    const value = fc.oneof(
      fc.double({ min: -1e12, max: 1e12, noNaN: true }),
      fc.constantFrom(0, 1, 1e12, -1e12, 1e-12),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 30 }),
        types,
        seeds,
        (rows, covarianceType, seed) => {
          const data = { rows: Float64Array.from(rows.flat()), nFeatures: 2, sequenceStarts: [0] };
          const { model, objective } = fit(data, {
            nStates: 3,
            covarianceType,
            seed,
            restarts: 2,
            maxIterations: 20,
          });
          validate(model);
          expect(Number.isFinite(objective)).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each([
    ['a constant column', (t: number) => [3.25, Math.sin(t)]],
    ['a huge constant column', (t: number) => [1e12, Math.sin(t)]],
    ['repeated columns', (t: number) => [Math.sin(t), Math.sin(t)]],
    ['equal rows', () => [1, 2]],
    ['zeros', () => [0, 0]],
  ])('survives %s', (_, row) => {
    const rows = Float64Array.from(Array.from({ length: 80 }, (_, t) => row(t)).flat());
    const { model } = fit({ rows, nFeatures: 2, sequenceStarts: [0] }, quick);
    validate(model);
  });

  it('says when there are fewer rows than states', () => {
    const { model, report } = fit(regimeRows(1, [2], 2), quick);
    validate(model);
    expect(report.warnings.join()).toMatch(/only 2 rows for 3 states/);
  });

  it('goes on from a given model', () => {
    const data = regimeRows(9, [500], 2);
    const first = fit(data, quick);
    const again = fit(data, { ...quick, initial: first.model });
    expect(again.report.restarts.length).toBe(1);
    expect(again.report.restarts[0]!.iterations).toBeLessThanOrEqual(5);
    expect(again.objective).toBeGreaterThanOrEqual(first.objective - 1e-9);
  });

  it('refuses a start of another shape, and gives a start the emissions asked for', () => {
    const data = regimeRows(9, [60], 2);
    const short = { ...quick, maxIterations: 3 };
    for (const other of [randomModel(1, 'full', 2, 2), randomModel(1, 'diag', 3, 2)]) {
      for (const option of [{ initial: other }, { alsoFrom: other }])
        expect(() => fit(data, { ...short, ...option })).toThrow(
          expect.objectContaining({ code: 'InvalidModel' }),
        );
    }
    const gaussian = randomModel(1, 'full', 3, 2);
    const student = { ...gaussian, degreesOfFreedom: new Float64Array(3).fill(5) };
    const emissionOf = (option: Partial<Parameters<typeof fit>[1]>) =>
      fit(data, { ...short, ...option }).model.degreesOfFreedom ? 'student-t' : 'gaussian';
    expect(emissionOf({ initial: student })).toBe('student-t');
    expect(emissionOf({ initial: student, emission: 'gaussian' })).toBe('gaussian');
    expect(emissionOf({ initial: gaussian, emission: 'student-t' })).toBe('student-t');
    expect(emissionOf({ alsoFrom: student })).toBe('gaussian');
  });

  it.each([
    ['InvalidData', Float64Array.of(1, Infinity)],
    ['InvalidData', new Float64Array(0)],
    ['InvalidData', Float64Array.of(1, 2, 3)],
  ])('refuses with %s: %s', (code, rows) => {
    expect(() => fit({ rows, nFeatures: 2, sequenceStarts: [0] }, quick)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('stored parameters', () => {
  const good = () => JSON.parse(JSON.stringify(toParameters(randomModel(1, 'full', 3, 2))));

  it('survive a round trip bit for bit', () => {
    const model = randomModel(1, 'full', 3, 2);
    expect(fromParameters(good())).toEqual(model);
  });

  it.each([
    ['a row that is no distribution', (p: ReturnType<typeof good>) => (p.transitionMatrix[1][0] += 0.1)],
    ['a negative probability', (p: ReturnType<typeof good>) => p.startProbability.splice(0, 3, -0.5, 1, 0.5)],
    ['a missing state', (p: ReturnType<typeof good>) => p.means.pop()],
    ['a short row', (p: ReturnType<typeof good>) => p.transitionMatrix[0].pop()],
    ['a covariance that is not positive', (p: ReturnType<typeof good>) => (p.covariances[0][0][0] = -1)],
    ['an asymmetric covariance', (p: ReturnType<typeof good>) => (p.covariances[0][0][1] += 0.01)],
    ['a number that is none', (p: ReturnType<typeof good>) => (p.means[0][0] = null)],
  ])('are refused with %s', (_, spoil) => {
    const parameters = good();
    spoil(parameters);
    expect(() => fromParameters(parameters)).toThrow(expect.objectContaining({ code: 'InvalidModel' }));
  });
});

describe('the scaler', () => {
  it('standardises, leaves a constant column and missing values alone, and knows its Jacobian', () => {
    const rows = Float64Array.of(1, 5, 3, 5, 5, 5);
    const scaler = fitScaler({ rows, nFeatures: 2, sequenceStarts: [0] });
    expect(scaler).toEqual({ mean: [3, 5], scale: [Math.sqrt(8 / 3), 1] });
    expect(Array.from(scaleRows(scaler, Float64Array.of(3, Number.NaN)))).toEqual([0, Number.NaN]);
    expect(logJacobian(scaler)).toBeCloseTo(-Math.log(Math.sqrt(8 / 3)), 14);
  });
});
