import { exp } from '../numerics/elementary.ts';
import { forward, predict } from './forward.ts';
import { forwardLog } from './log-space.ts';
import { createDensity, type Density } from './missing.ts';
import { fromParameters, type Hmm, type HmmParameters } from './model.ts';
import { type Observations, rowCount, spans } from './observations.ts';

export interface Filtered {
  /** [T·K]: P(state k at t | rows up to t). */
  readonly filtered: Float64Array;
  /** [T]: ln p(xₜ | rows before t), the one-step predictive log-likelihood in nats. */
  readonly logLikelihood: Float64Array;
}

/**
 * The causal filter over several sequences. Missing features (NaN) are integrated out; a wholly missing row has
 * emission 1 and log-likelihood 0. Throws `InvalidModel`, `InvalidData` or `ImpossibleRow`.
 */
export const filterRows = (
  parameters: HmmParameters,
  rows: Float64Array,
  sequenceStarts: readonly number[],
): Filtered =>
  filterObservations(fromParameters(parameters), {
    rows,
    nFeatures: parameters.means[0]!.length,
    sequenceStarts,
  });

export const filterObservations = (model: Hmm, data: Observations): Filtered => {
  const T = rowCount(data);
  const b = new Float64Array(T * model.nStates);
  const filtered = new Float64Array(T * model.nStates);
  const logLikelihood = new Float64Array(T);
  const density = createDensity(model);
  for (const span of spans(data)) {
    density.fill(data.rows, span.from, span.to, b);
    if (forward(model, span, b, filtered, logLikelihood)) continue;
    density.fill(data.rows, span.from, span.to, b);
    forwardLog(model, span, b, filtered, logLikelihood);
    for (let i = span.from * model.nStates; i < span.to * model.nStates; i++) filtered[i] = exp(filtered[i]!);
  }
  return { filtered, logLikelihood };
};

export interface FilterStep {
  /** [K] */
  readonly prob: Float64Array;
  readonly logLikelihood: number;
}

/** One bar at a time, O(K²) a bar: `prob` is what the last step returned, undefined at the start of a sequence. */
export type Step = (prob: Float64Array | undefined, row: Float64Array) => FilterStep;

export const createStep = (model: Hmm): Step => {
  const density = createDensity(model);
  return (prob, row) => step(model, density, prob, row);
};

const step = (
  model: Hmm,
  density: Density,
  prob: Float64Array | undefined,
  row: Float64Array,
): FilterStep => {
  const { nStates: K } = model;
  const b = new Float64Array(K);
  const alpha = new Float64Array(K);
  const logLikelihood = new Float64Array(1);
  const predicted = model.start.slice();
  if (prob) predict(model.transition, prob, 0, predicted, K);
  density.fill(row, 0, 1, b);
  if (!forward(model, { from: 0, to: 1 }, b, alpha, logLikelihood, predicted.slice())) {
    density.fill(row, 0, 1, b);
    forwardLog(model, { from: 0, to: 1 }, b, alpha, logLikelihood, predicted);
    for (let k = 0; k < K; k++) alpha[k] = exp(alpha[k]!);
  }
  return { prob: alpha, logLikelihood: logLikelihood[0]! };
};
