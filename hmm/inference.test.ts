import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStep, filterObservations, filterRows } from './filter.ts';
import { forecast, forecastState } from './forecast.ts';
import { createWorkspace, forwardBackward } from './forward-backward.ts';
import { covarianceTypes, largestDifference, randomModel, regimeRows } from './hmm.fixture.ts';
import { decode, posteriors, score, viterbi } from './inference.ts';
import { backwardLog, forwardLog } from './log-space.ts';
import { logEmissionsOf } from './missing.ts';
import { type Hmm, permuteStates, toParameters } from './model.ts';
import { type Observations, rowCount, spans } from './observations.ts';
import { mapPath } from './viterbi.ts';

const seeds = fc.integer({ min: 0, max: 100_000 });
const types = fc.constantFrom(...covarianceTypes);

describe('the passes over the data', () => {
  it('give posteriors that sum to 1 in every row', () => {
    fc.assert(
      fc.property(seeds, types, fc.integer({ min: 1, max: 5 }), (seed, type, K) => {
        const { gamma } = posteriors(randomModel(seed, type, K, 2), regimeRows(seed, [30, 1, 12], 2));
        for (let t = 0; t < 43; t++) {
          const sum = gamma.subarray(t * K, (t + 1) * K).reduce((a, b) => a + b, 0);
          expect(Math.abs(sum - 1)).toBeLessThan(1e-12);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('agree with the ones in logarithms', () => {
    fc.assert(
      fc.property(seeds, types, (seed, type) => {
        const model = randomModel(seed, type, 4, 3);
        const data = regimeRows(seed, [50, 2, 20], 3);
        const counts = new Float64Array(16);
        const workspace = createWorkspace(data, 4);
        forwardBackward(model, data, workspace, counts);
        const reference = inLogSpace(model, data);
        expect(largestDifference(workspace.gamma, reference.gamma)).toBeLessThan(1e-12);
        expect(largestDifference(counts, reference.counts)).toBeLessThan(1e-11);
        expect(largestDifference(workspace.logLikelihood, reference.logLikelihood)).toBeLessThan(1e-11);
      }),
      { numRuns: 50 },
    );
  });

  it('agree with summing over every path', () => {
    const model = randomModel(5, 'full', 3, 2);
    const data = regimeRows(5, [6], 2);
    const { gamma, logLikelihood } = posteriors(model, data);
    const { total, marginals, best } = overPaths(model, data);
    expect(logLikelihood).toBeCloseTo(Math.log(total), 11);
    expect(largestDifference(gamma, marginals)).toBeLessThan(1e-12);
    expect(Array.from(viterbi(model, data).path)).toEqual(best);
  });

  it('permute with the states', () => {
    fc.assert(
      fc.property(seeds, types, (seed, type) => {
        const model = randomModel(seed, type, 3, 2);
        const data = regimeRows(seed, [40], 2);
        const order = [2, 0, 1];
        const before = posteriors(model, data);
        const after = posteriors(permuteStates(model, order), data);
        const expected = before.gamma.map((_, i) => before.gamma[Math.floor(i / 3) * 3 + order[i % 3]!]!);
        expect(after.logLikelihood).toBeCloseTo(before.logLikelihood, 9);
        expect(largestDifference(after.gamma, expected)).toBeLessThan(1e-11);
      }),
      { numRuns: 30 },
    );
  });

  it('keep exact posteriors around an outlier of 1e6', () => {
    const data = regimeRows(3, [60], 2);
    data.rows.fill(1e6, 60, 62);
    const model = randomModel(3, 'full', 3, 2);
    const { gamma } = posteriors(model, data);
    expect(largestDifference(gamma, inLogSpace(model, data).gamma)).toBeLessThan(1e-11);
  });

  it('go to log space when a state that looked lost comes back', () => {
    const identity: Hmm = {
      ...randomModel(1, 'diag', 2, 1),
      start: Float64Array.of(0.5, 0.5),
      transition: Float64Array.of(1, 0, 0, 1),
    };
    const model = { ...identity, means: Float64Array.of(0, 10), covariances: Float64Array.of(1, 1) };
    const rows = Float64Array.from({ length: 100 }, (_, t) => (t < 40 ? 0 : 10));
    const data = { rows, nFeatures: 1, sequenceStarts: [0] };
    const workspace = createWorkspace(data, 2);
    expect(forwardBackward(model, data, workspace).inLogSpace).toBe(1);
    expect(Array.from(workspace.gamma.slice(0, 2))).toEqual([expect.closeTo(0, 12), expect.closeTo(1, 12)]);
    const { filtered } = filterObservations(model, data);
    expect(filtered[99 * 2 + 1]).toBeCloseTo(1, 12);
    expect(filtered[39 * 2]).toBeCloseTo(1, 12);
  });

  it('never touch a zero: what cannot start and cannot be entered stays impossible', () => {
    const model = { ...randomModel(2, 'full', 3, 2), start: Float64Array.of(1, 0, 0) };
    model.transition.set([0.5, 0.5, 0, 0.5, 0.5, 0, 0.3, 0.3, 0.4]);
    const { gamma } = posteriors(model, regimeRows(2, [50], 2));
    expect(Array.from({ length: 50 }, (_, t) => gamma[t * 3 + 2])).toEqual(Array(50).fill(0));
  });

  it('say so when no state explains a row', () => {
    const model = {
      ...randomModel(2, 'diag', 2, 1),
      means: Float64Array.of(0, 0),
      covariances: Float64Array.of(1e-200, 1e-200),
    };
    const data = { rows: Float64Array.of(1e200), nFeatures: 1, sequenceStarts: [0] };
    expect(() => posteriors(model, data)).toThrow(expect.objectContaining({ code: 'ImpossibleRow' }));
  });
});

describe('the filter', () => {
  it('is the same bar by bar and at once', () => {
    fc.assert(
      fc.property(seeds, types, (seed, type) => {
        const model = randomModel(seed, type, 3, 2);
        const data = withHoles(regimeRows(seed, [25, 10], 2), seed);
        const { filtered, logLikelihood } = filterObservations(model, data);
        const step = createStep(model);
        let prob: Float64Array | undefined;
        for (let t = 0; t < 35; t++) {
          const now = step(
            data.sequenceStarts.includes(t) ? undefined : prob,
            data.rows.subarray(t * 2, t * 2 + 2),
          );
          expect(largestDifference(now.prob, filtered.subarray(t * 3, t * 3 + 3))).toBeLessThan(1e-13);
          expect(now.logLikelihood).toBeCloseTo(logLikelihood[t]!, 11);
          prob = now.prob;
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is causal: what comes later changes nothing', () => {
    const model = randomModel(8, 'full', 3, 2);
    const data = regimeRows(8, [40], 2);
    const all = filterObservations(model, data);
    const part = filterObservations(model, { ...data, rows: data.rows.slice(0, 50) });
    expect(part.filtered).toEqual(all.filtered.slice(0, 75));
    expect(posteriors(model, data).gamma.slice(0, 3)).not.toEqual(all.filtered.slice(0, 3));
  });

  it('takes stored parameters', () => {
    const model = randomModel(9, 'full', 3, 2);
    const data = regimeRows(9, [20, 5], 2);
    const stored = JSON.parse(JSON.stringify(toParameters(model)));
    expect(filterRows(stored, data.rows, data.sequenceStarts)).toEqual(filterObservations(model, data));
  });

  it('integrates missing features out, as a sum over their values would', () => {
    const model = randomModel(4, 'full', 2, 2);
    const at = (y: number) => Float64Array.of(0.7, y);
    let integral = 0;
    for (let y = -30; y < 30; y += 0.01) {
      const logs = logEmissionsOf(model, { rows: at(y), nFeatures: 2, sequenceStarts: [0] });
      integral += 0.01 * Math.exp(logs[1]!);
    }
    const marginal = logEmissionsOf(model, { rows: at(Number.NaN), nFeatures: 2, sequenceStarts: [0] });
    expect(Math.exp(marginal[1]!)).toBeCloseTo(integral, 9);
  });

  it.each(covarianceTypes)('learns nothing from a wholly missing row: %s', (type) => {
    const model = randomModel(6, type, 3, 2);
    const rows = Float64Array.of(1, 2, Number.NaN, Number.NaN, 0.5, 1);
    const { filtered, logLikelihood } = filterObservations(model, {
      rows,
      nFeatures: 2,
      sequenceStarts: [0],
    });
    expect(logLikelihood[1]).toBeCloseTo(0, 12);
    expect(
      largestDifference(filtered.slice(3, 6), forecastState(model, filtered.slice(0, 3), 1)),
    ).toBeLessThan(1e-14);
  });

  it('forecasts with powers of the transition matrix', () => {
    const model = randomModel(7, 'diag', 2, 1);
    model.transition.set([0.9, 0.1, 0.2, 0.8]);
    expect(Array.from(forecast(toParameters(model), [1, 0], 2))).toEqual([
      expect.closeTo(0.83, 12),
      expect.closeTo(0.17, 12),
    ]);
    expect(Array.from(forecast(toParameters(model), [0.3, 0.7], 0))).toEqual([0.3, 0.7]);
  });
});

describe('decoding', () => {
  it('and scoring are what the passes say, for every kind of model and on both kernels', () => {
    fc.assert(
      fc.property(seeds, types, fc.boolean(), (seed, type, fat) => {
        const model = {
          ...randomModel(seed, type, 3, 2),
          ...(fat && { degreesOfFreedom: Float64Array.of(3, 5, 50) }),
        };
        const data = regimeRows(seed, [20, 1, 9], 2);
        const { gamma, logLikelihood } = posteriors(model, data);
        expect(score(model, data)).toBeCloseTo(logLikelihood, 9);
        const map = decode(model, data, { algorithm: 'map' });
        expect(map).toEqual(mapPath(gamma, 3));
        expect(decode(model, data)).toEqual(viterbi(model, data));
        expect(decode(model, data, { kernel: 'plain' }).path).toEqual(decode(model, data).path);
      }),
      { numRuns: 30 },
    );
  });

  it('takes no weights: they count in learning only', () => {
    const model = randomModel(3, 'diag', 2, 2);
    const data = regimeRows(3, [20], 2);
    const weighted = { ...data, weights: new Float64Array(20).fill(3) };
    expect(score(model, weighted)).toBe(score(model, data));
    expect(largestDifference(posteriors(model, weighted).gamma, posteriors(model, data).gamma)).toBeLessThan(
      1e-12,
    );
  });

  it('map takes the likeliest state of each row, the lowest of equals', () => {
    expect(mapPath(Float64Array.of(0.2, 0.8, 0.5, 0.5), 2)).toEqual({
      path: Int32Array.of(1, 0),
      logprob: 1.3,
    });
  });
});

const inLogSpace = (model: Hmm, data: Observations) => {
  const logB = logEmissionsOf(model, data);
  const logAlpha = new Float64Array(logB.length);
  const gamma = new Float64Array(logB.length);
  const logLikelihood = new Float64Array(rowCount(data));
  const counts = new Float64Array(model.nStates ** 2);
  for (const span of spans(data)) {
    forwardLog(model, span, logB, logAlpha, logLikelihood);
    backwardLog(model, span, logB, logAlpha, gamma, counts);
  }
  return { gamma, logLikelihood, counts };
};

/** The definition itself: every path of K^T. */
const overPaths = (model: Hmm, data: Observations) => {
  const { nStates: K } = model;
  const T = rowCount(data);
  const b = logEmissionsOf(model, data).map(Math.exp);
  const marginals = new Float64Array(T * K);
  let total = 0;
  let best: number[] = [];
  let highest = 0;
  for (let index = 0; index < K ** T; index++) {
    const path = Array.from({ length: T }, (_, t) => Math.floor(index / K ** t) % K);
    const p = path.reduce((product, k, t) => {
      const reach = t === 0 ? model.start[k]! : model.transition[path[t - 1]! * K + k]!;
      return product * reach * b[t * K + k]!;
    }, 1);
    total += p;
    path.forEach((k, t) => {
      marginals[t * K + k] = marginals[t * K + k]! + p;
    });
    if (p > highest) [best, highest] = [path, p];
  }
  return { total, marginals: marginals.map((p) => p / total), best };
};

const withHoles = (data: Observations, seed: number): Observations => ({
  ...data,
  rows: data.rows.map((value, i) => ((i * 7 + seed) % 5 === 0 ? Number.NaN : value)),
});
