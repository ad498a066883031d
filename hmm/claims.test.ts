/** What hmmlearn 0.3.3 is known to get wrong on prices, and is right here; its own numbers are in shared/data/hmm. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { baumWelch } from './baum-welch.ts';
import { compatPrior } from './compat-prior.ts';
import { fit } from './fit.ts';
import { largestDifference, randomModel } from './hmm.fixture.ts';
import { posteriors } from './inference.ts';
import { backwardLog, forwardLog } from './log-space.ts';
import { logEmissionsOf } from './missing.ts';
import type { Hmm } from './model.ts';
import { type Observations, rowCount, spans } from './observations.ts';
import { initialModel, observationsOf, parseCase } from './reference/case.ts';
import { sample } from './sample.ts';

const folder = fileURLToPath(new URL('../../shared/data/hmm/', import.meta.url));

const oneSequence = (rows: Float64Array, nFeatures: number): Observations => ({
  rows,
  nFeatures,
  sequenceStarts: [0],
});
const sticky = (type: 'diag' | 'full', D: number): Hmm => ({
  ...randomModel(6, type, 2, D),
  transition: Float64Array.of(0.98, 0.02, 0.03, 0.97),
});
const modes = ['default', 'compat'] as const;

const learn = (mode: (typeof modes)[number], start: Hmm, data: Observations): Hmm => {
  const { nStates, covarianceType } = start;
  if (mode === 'default') return fit(data, { nStates, covarianceType, seed: 1, restarts: 2 }).model;
  const options = { maxIterations: 10, tolerance: -Infinity, demandAscent: false };
  return baumWelch(start, data, { ...options, prior: compatPrior(start, data) }).model;
};

describe.each(modes)('%s mode', (mode) => {
  it('learns the same variances at an offset of 1e8, where raw moments give negative ones', () => {
    const truth = sticky('diag', 2);
    const { rows } = sample(truth, 2000, createRandom(1));
    const start = { ...truth, means: truth.means.map((mean) => mean + 1e8) };
    const near = learn(mode, truth, oneSequence(rows, 2));
    const far = learn(
      mode,
      start,
      oneSequence(
        rows.map((x) => x + 1e8),
        2,
      ),
    );
    expect(Math.min(...far.covariances)).toBeGreaterThan(0);
    expect(largestDifference(far.covariances, near.covariances)).toBeLessThan(1e-5);
  });

  it.each(['diag', 'full'] as const)('has exact posteriors after one outlier of 1e6: %s', (type) => {
    const truth = sticky(type, 2);
    const { rows } = sample(truth, 400, createRandom(2));
    rows.fill(1e6, 200, 202);
    const data = oneSequence(rows, 2);
    const model = learn(mode, truth, data);
    for (const kernel of ['wasm', 'plain'] as const) {
      for (const one of [truth, model]) {
        const { gamma } = posteriors(one, data, { kernel });
        expect(largestDifference(gamma, inLogarithms(one, data))).toBeLessThan(1e-11);
      }
    }
  });
});

describe('returns of one minute, deviations of 3e-4 and 9e-4', () => {
  const truth: Hmm = {
    ...sticky('diag', 1),
    means: Float64Array.of(0, 0),
    covariances: Float64Array.of(3e-4 ** 2, 9e-4 ** 2),
  };
  const data = oneSequence(sample(truth, 6000, createRandom(3)).rows, 1);
  const deviations = (model: Hmm) => Array.from(model.covariances, Math.sqrt).sort((a, b) => a - b);

  it('are found as they are in default mode', () => {
    const [low, high] = deviations(fit(data, { nStates: 2, covarianceType: 'diag', seed: 1 }).model);
    expect(Math.abs(low! / 3e-4 - 1)).toBeLessThan(0.05);
    expect(Math.abs(high! / 9e-4 - 1)).toBeLessThan(0.05);
  });

  it('stay of their size in a state that gets no row, and the report names it', () => {
    const initial: Hmm = {
      ...randomModel(1, 'diag', 3, 1),
      start: Float64Array.of(0.5, 0.5, 0),
      transition: Float64Array.of(0.98, 0.02, 0, 0.02, 0.98, 0, 0.3, 0.3, 0.4),
      means: Float64Array.of(0, 0, 0),
      covariances: Float64Array.of(3e-4 ** 2, 9e-4 ** 2, 9e-4 ** 2),
    };
    const { model, report } = fit(data, { nStates: 3, covarianceType: 'diag', seed: 1, initial });
    expect(report.deadStates).toEqual([2]);
    expect(report.warnings.join()).toMatch(/states without a row: 2/);
    expect(deviations(model)[2]!).toBeLessThan(1e-2);
  });

  it('become 31.6 under hmmlearn’s prior, on its own data; not in default mode', () => {
    const text = readFileSync(`${folder}returns_scale_diag_defaultprior.json`, 'utf8');
    const reference = parseCase(text);
    const [start, returns] = [initialModel(reference), observationsOf(reference)];
    expect(deviations(learn('compat', start, returns)).at(-1)).toBeCloseTo(31.62, 1);
    expect(deviations(learn('default', start, returns)).at(-1)!).toBeLessThan(0.01);
  });
});

const inLogarithms = (model: Hmm, data: Observations): Float64Array => {
  const logB = logEmissionsOf(model, data);
  const gamma = new Float64Array(logB.length);
  const logAlpha = new Float64Array(logB.length);
  const logLikelihood = new Float64Array(rowCount(data));
  for (const span of spans(data)) {
    forwardLog(model, span, logB, logAlpha, logLikelihood);
    backwardLog(model, span, logB, logAlpha, gamma);
  }
  return gamma;
};
