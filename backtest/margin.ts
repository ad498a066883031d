import { filterObservations } from '../hmm/filter.ts';
import { predict } from '../hmm/forward.ts';
import { createDensity } from '../hmm/missing.ts';
import type { Hmm } from '../hmm/model.ts';
import type { Observations } from '../hmm/observations.ts';
import { type FeatureScaler, logJacobian, scaleRows } from '../hmm/scaler.ts';
import { log } from '../numerics/elementary.ts';
import { normalCdf, studentCdf } from './cumulative.ts';

/** What a model says of each row before it sees it; natural units, nats. */
export interface Predicted {
  /** [T]: ln p of the whole row. */
  readonly joint: Float64Array;
  /** [T]: ln p of the log return alone, the first feature. */
  readonly margin: Float64Array;
  /** [T]: P(log return ≤ the one that came), uniform where the model is right. */
  readonly pit: Float64Array;
  /** [T·K]: the causal filter. */
  readonly filtered: Float64Array;
}

/**
 * One-step predictions over the rows, the filter having seen whole rows up to the one before. The log return's law is the
 * mixture of the states' margins under the predicted states, so that it compares with univariate models of the return.
 */
export const predictRows = (model: Hmm, scaler: FeatureScaler, raw: Observations): Predicted => {
  const data = { ...raw, rows: scaleRows(scaler, raw.rows) };
  const { filtered, logLikelihood } = filterObservations(model, data);
  const jacobian = logJacobian(scaler);
  const returns = data.rows.filter((_, i) => i % data.nFeatures === 0);
  const predicted = predictedStates(model, data, filtered);
  const { margin, pit } = mixture(marginOf(model), predicted, returns);
  const unscaled = log(scaler.scale[0]!);
  return {
    joint: logLikelihood.map((value) => value + jacobian),
    margin: margin.map((value) => value - unscaled),
    pit,
    filtered,
  };
};

/** [T·K]: P(state at t | rows before t). */
const predictedStates = (model: Hmm, data: Observations, filtered: Float64Array): Float64Array => {
  const { nStates: K, start, transition } = model;
  const predicted = new Float64Array(filtered.length);
  const starts = new Set(data.sequenceStarts);
  for (let t = 0; t * K < filtered.length; t++) {
    const row = predicted.subarray(t * K, (t + 1) * K);
    if (starts.has(t)) row.set(start);
    else predict(transition, filtered, (t - 1) * K, row, K);
  }
  return predicted;
};

/** The model of the first feature alone; Student-t margins keep their degrees of freedom. */
const marginOf = (model: Hmm): Hmm => {
  const { covarianceType, covariances, means, nStates: K, nFeatures: D } = model;
  const stride = { spherical: 1, diag: D, tied: 0, full: D * D }[covarianceType];
  return {
    ...model,
    ...{ covarianceType: 'diag', nFeatures: 1 },
    means: Float64Array.from({ length: K }, (_, k) => means[k * D]!),
    covariances: Float64Array.from({ length: K }, (_, k) => covariances[k * stride]!),
  };
};

const mixture = (
  model: Hmm,
  weights: Float64Array,
  values: Float64Array,
): { margin: Float64Array; pit: Float64Array } => {
  const { nStates: K, means, covariances, degreesOfFreedom: nu } = model;
  const T = values.length;
  const logB = new Float64Array(T * K);
  createDensity(model).fill(values, 0, T, logB);
  const [margin, pit] = [new Float64Array(T), new Float64Array(T)];
  for (let t = 0; t < T; t++) {
    let [density, below] = [0, 0];
    const largest = largestOf(logB, t * K, K);
    for (let k = 0; k < K; k++) {
      const weight = weights[t * K + k]!;
      const z = (values[t]! - means[k]!) / Math.sqrt(covariances[k]!);
      density += weight * Math.exp(logB[t * K + k]! - largest);
      below += weight * (nu ? studentCdf(z, nu[k]!) : normalCdf(z));
    }
    margin[t] = Math.log(density) + largest;
    pit[t] = below;
  }
  return { margin, pit };
};

const largestOf = (values: Float64Array, from: number, count: number): number => {
  let largest = -Infinity;
  for (let i = from; i < from + count; i++) largest = Math.max(largest, values[i]!);
  return largest;
};
