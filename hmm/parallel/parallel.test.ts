import { afterAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../numerics/random.ts';
import { createEStep } from '../e-step.ts';
import { type FitOptions, fit } from '../fit.ts';
import type { Hmm } from '../model.ts';
import type { Observations } from '../observations.ts';
import { sample } from '../sample.ts';
import { createStatistics, featureMeans } from '../statistics.ts';
import { createCrew } from './crew.ts';
import { fitByCrew, fitSeriesByCrew } from './fit.ts';
import { share } from './share.ts';
import { createSplitEStep } from './split-e-step.ts';

const helper = new URL('../../tests/fit-helper.mjs', import.meta.url);
const crews = [1, 2, 3].map((threads) => createCrew(threads, helper));
afterAll(() => Promise.all(crews.map((crew) => crew.close())));

const truth: Hmm = {
  covarianceType: 'diag',
  nStates: 3,
  nFeatures: 2,
  start: Float64Array.of(0.5, 0.5, 0),
  transition: Float64Array.of(0.9, 0.05, 0.05, 0.1, 0.8, 0.1, 0.02, 0.03, 0.95),
  means: Float64Array.of(-2, 0, 0, 1, 2, -1),
  covariances: Float64Array.of(1, 0.5, 0.3, 1, 2, 0.2),
};

const draw = (sequences: readonly number[], seed = 1): Observations => {
  const random = createRandom(seed);
  const rows = sequences.flatMap((length) => [...sample(truth, length, random).rows]);
  const sequenceStarts = sequences.map((_, i) => sequences.slice(0, i).reduce((a, b) => a + b, 0));
  return { rows: Float64Array.from(rows), nFeatures: 2, sequenceStarts };
};

const expectSameEStep = (given: Observations, model: Hmm): void => {
  const data = share(given);
  const centre = featureMeans(data);
  const want = createStatistics(model.nStates, centre);
  const expectation = createEStep(model, data).run(model, want);
  for (const crew of crews) {
    const got = createStatistics(model.nStates, centre);
    expect(createSplitEStep(crew, model, data).run(model, got)).toEqual(expectation);
    expect(got).toEqual(want);
  }
};

describe('an E-step split over threads has the bits of one thread', () => {
  it('one long sequence, forward and backward meeting in the middle', () => {
    expectSameEStep(draw([20_000]), truth);
  });

  it('several sequences, some of them long', () => {
    expectSameEStep(draw([300, 17_000, 9000, 9000, 2, 16_500, 1]), truth);
  });

  it('a row that underflows goes to the plain path, in its piece only', () => {
    const data = draw([17_000, 16_400]);
    data.rows.fill(1e9, 100, 104);
    const sparse = { ...truth, transition: truth.transition.slice() };
    sparse.transition.set([1, 0, 0], 0);
    expectSameEStep(data, sparse);
  });

  it('two fits may take turns with one crew', () => {
    const [a, b] = [share(draw([17_000], 2)), share(draw([17_500], 3))];
    const steps = [a, b].map((data) => createSplitEStep(crews[1]!, truth, data));
    const totals = [0, 1, 0, 1].map(
      (i) => steps[i]!.run(truth, createStatistics(3, new Float64Array(2))).logLikelihood,
    );
    expect(totals.slice(2)).toEqual(totals.slice(0, 2));
    expect(totals[0]).not.toBe(totals[1]);
  });
});

const options: FitOptions = { nStates: 3, covarianceType: 'full', seed: 7, restarts: 3, maxIterations: 6 };

describe('fits by several threads have the bits of one', () => {
  it.each([
    ['restarts of a short series', draw([700]), options],
    ['a long series', draw([16_400]), { ...options, restarts: 1, shortIterations: 3 }],
    ['Student-t emissions', draw([300]), { ...options, emission: 'student-t', maxIterations: 2 }],
    ['a given start', draw([300]), { ...options, covarianceType: 'diag', initial: truth }],
  ] as const)('%s', (_, data, one) => {
    const want = fit(data, one);
    for (const crew of crews) expect(fitByCrew(crew, data, one)).toEqual(want);
  });

  it('several series', () => {
    const jobs = [400, 100, 250, 300].map((length, i) => ({ data: draw([length], i), options }));
    const want = jobs.map(({ data, options }) => fit(data, options));
    for (const crew of crews) expect(fitSeriesByCrew(crew, jobs)).toEqual(want);
  });
});

it('an error in a helper is the error that a fit throws, and the crew goes on', () => {
  const bad = { ...draw([50]), sequenceStarts: [3] };
  const good = draw([50]);
  const jobs = [good, bad, bad, bad].map((data) => ({ data, options }));
  for (const crew of crews) {
    expect(() => fitSeriesByCrew(crew, jobs)).toThrow(expect.objectContaining({ code: 'InvalidData' }));
    expect(fitSeriesByCrew(crew, [{ data: good, options }])).toEqual([fit(good, options)]);
  }
});
