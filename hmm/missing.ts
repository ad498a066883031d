import { logEmissions, prepareEmissions } from './emissions.ts';
import type { Hmm } from './model.ts';
import type { Observations, Span } from './observations.ts';
import { oncePerPattern } from './patterns.ts';

/** ln b(x) of one model over rows of which features may be missing (NaN): those are integrated out, never filled in. */
export interface Density {
  /** Fills `out[t·K + k]` for the rows [from, to). A wholly missing row says nothing: ln b = 0 for every state. */
  fill(rows: Float64Array, from: number, to: number, out: Float64Array): void;
}

/** Densities of complete and of partly missing rows; one small model per pattern of missing features is kept. */
export const createDensity = (model: Hmm): Density => {
  const { nStates: K, nFeatures: D } = model;
  const complete = prepareEmissions(model);
  const marginal = oncePerPattern((observed) =>
    observed.length > 0 ? prepareEmissions(marginalModel(model, observed)) : undefined,
  );
  const row = new Float64Array(D);
  const present = new Float64Array(D);
  const logs = new Float64Array(K);
  const fillMissing = (rows: Float64Array, t: number, out: Float64Array): void => {
    for (let d = 0; d < D; d++) row[d] = rows[t * D + d]!;
    const { observed, made } = marginal(row);
    for (let i = 0; i < observed.length; i++) present[i] = row[observed[i]!]!;
    if (made) logEmissions(made, present, 0, 1, logs);
    else logs.fill(0);
    out.set(logs, t * K);
  };
  return {
    fill(rows, from, to, out) {
      logEmissions(complete, rows, from, to, out);
      for (let t = from; t < to; t++) if (!isComplete(rows, t, D)) fillMissing(rows, t, out);
    },
  };
};

/** The log-emissions that learning goes by: those of the rows [from, to), each times the weight of its row. */
export const fillWeighted = (
  density: Density,
  { rows, weights }: Observations,
  { from, to }: Span,
  out: Float64Array,
): void => {
  density.fill(rows, from, to, out);
  if (!weights) return;
  const K = out.length / weights.length;
  for (let i = from * K; i < to * K; i++) {
    const weight = weights[Math.floor(i / K)]!;
    out[i] = weight === 0 ? 0 : weight * out[i]!;
  }
};

/** ln b for every row of the data, [T·K]. */
export const logEmissionsOf = (model: Hmm, data: Observations): Float64Array => {
  const T = data.rows.length / data.nFeatures;
  const out = new Float64Array(T * model.nStates);
  createDensity(model).fill(data.rows, 0, T, out);
  return out;
};

const isComplete = (rows: Float64Array, t: number, D: number): boolean => {
  for (let d = 0; d < D; d++) if (Number.isNaN(rows[t * D + d]!)) return false;
  return true;
};

/** The Gaussian of some features: their means and their block of the covariance. */
const marginalModel = (model: Hmm, observed: readonly number[]): Hmm => {
  const { nStates: K, nFeatures: D, covarianceType: type, means, covariances } = model;
  const states = Array.from({ length: K }, (_, k) => k);
  const block = (at: number): number[] =>
    observed.flatMap((i) => observed.map((j) => covariances[at + i * D + j]!));
  const kept = {
    spherical: () => Array.from(covariances),
    diag: () => states.flatMap((k) => observed.map((d) => covariances[k * D + d]!)),
    tied: () => block(0),
    full: () => states.flatMap((k) => block(k * D * D)),
  }[type]();
  return {
    ...model,
    nFeatures: observed.length,
    means: Float64Array.from(states.flatMap((k) => observed.map((d) => means[k * D + d]!))),
    covariances: Float64Array.from(kept),
  };
};
