import { expect, it } from 'vitest';
import { filterObservations } from './filter.ts';
import { largestDifference, randomModel, regimeRows } from './hmm.fixture.ts';
import { rescaleModel } from './rescale.ts';
import { type FeatureScaler, logJacobian, scaleRows } from './scaler.ts';

const from: FeatureScaler = { mean: [0.3, -2], scale: [0.01, 4] };
const to: FeatureScaler = { mean: [-1, 5], scale: [0.03, 0.5] };

it.each(['diag', 'tied', 'full'] as const)('scores rows as before in natural units: %s', (type) => {
  const model = randomModel(3, type, 3, 2);
  const raw = regimeRows(3, [40], 2);
  const natural = raw.rows.map((x, i) => from.mean[i % 2]! + from.scale[i % 2]! * x);
  const scores = (scaler: FeatureScaler, hmm: typeof model) =>
    filterObservations(hmm, { ...raw, rows: scaleRows(scaler, natural) }).logLikelihood.map(
      (value) => value + logJacobian(scaler),
    );
  expect(largestDifference(scores(from, model), scores(to, rescaleModel(model, from, to)))).toBeLessThan(
    1e-9,
  );
});
