import type { Workspace } from './forward-backward.ts';
import type { Hmm } from './model.ts';
import { type Observations, rowCount, spans } from './observations.ts';

/** Expected sufficient statistics of one E-step. Moments are about `centre`, so a large offset costs no digits. */
export interface Statistics {
  /** [D]: mean of the data. */
  readonly centre: Float64Array;
  /** [K]: Σ over sequences of γ of their first row. */
  readonly start: Float64Array;
  /** [K·K]: expected transitions. */
  readonly transitions: Float64Array;
  /** [K]: Σₜ γₜ(k). */
  readonly weight: Float64Array;
  /** [K·D]: Σₜ γₜ(k) (xₜ − centre). */
  readonly sums: Float64Array;
  /** [K·D·D], lower triangles: Σₜ γₜ(k) (xₜ − centre)(xₜ − centre)ᵀ; only the diagonals when these suffice. */
  readonly products: Float64Array;
}

export const createStatistics = (nStates: number, centre: Float64Array): Statistics => {
  const D = centre.length;
  return {
    centre,
    start: new Float64Array(nStates),
    transitions: new Float64Array(nStates * nStates),
    weight: new Float64Array(nStates),
    sums: new Float64Array(nStates * D),
    products: new Float64Array(nStates * D * D),
  };
};

export const clearStatistics = (statistics: Statistics): void => {
  for (const values of [
    statistics.start,
    statistics.transitions,
    statistics.weight,
    statistics.sums,
    statistics.products,
  ]) {
    values.fill(0);
  }
};

/** Adds `other`, of the same shape and centre, to `statistics`. */
export const addStatistics = (statistics: Statistics, other: Statistics): void => {
  for (const name of ['start', 'transitions', 'weight', 'sums', 'products'] as const) {
    const values = statistics[name];
    other[name].forEach((value, i) => {
      values[i] = values[i]! + value;
    });
  }
};

/** Adds what the posteriors in the workspace say about starts and emissions (transitions are counted on the way back). */
export const accumulate = (
  model: Hmm,
  data: Observations,
  { gamma }: Pick<Workspace, 'gamma'>,
  statistics: Statistics,
): void => {
  const K = model.nStates;
  for (const { from } of spans(data)) {
    for (let k = 0; k < K; k++) statistics.start[k] = statistics.start[k]! + gamma[from * K + k]!;
  }
  const isDiagonal = model.covarianceType === 'diag' || model.covarianceType === 'spherical';
  for (let k = 0; k < K; k++) accumulateState(data, gamma, statistics, K, k, isDiagonal);
};

const accumulateState = (
  data: Observations,
  gamma: Float64Array,
  { centre, weight, sums, products }: Statistics,
  K: number,
  k: number,
  isDiagonal: boolean,
): void => {
  const { rows, nFeatures: D } = data;
  const T = rowCount(data);
  const shifted = new Float64Array(D);
  const sum = sums.subarray(k * D, (k + 1) * D);
  const product = products.subarray(k * D * D, (k + 1) * D * D);
  let total = 0;
  for (let t = 0; t < T; t++) {
    const g = gamma[t * K + k]!;
    if (g === 0) continue;
    total += g;
    for (let i = 0; i < D; i++) {
      const x = rows[t * D + i]! - centre[i]!;
      const gx = g * x;
      shifted[i] = x;
      sum[i] = sum[i]! + gx;
      for (let j = isDiagonal ? i : 0; j <= i; j++)
        product[i * D + j] = product[i * D + j]! + gx * shifted[j]!;
    }
  }
  weight[k] = weight[k]! + total;
};

/** Mean of each feature over the rows where it is there. */
export const featureMeans = ({ rows, nFeatures: D }: Observations): Float64Array => {
  const sums = new Float64Array(D);
  const counts = new Float64Array(D);
  rows.forEach((x, i) => {
    if (Number.isNaN(x)) return;
    sums[i % D] = sums[i % D]! + x;
    counts[i % D] = counts[i % D]! + 1;
  });
  return sums.map((sum, d) => (counts[d]! > 0 ? sum / counts[d]! : 0));
};

/** Covariance of the rows [D·D] about their mean, divided by T. The rows must be complete. */
export const pooledCovariance = (data: Observations, mean: Float64Array): Float64Array => {
  const { rows, nFeatures: D } = data;
  const T = rowCount(data);
  const result = new Float64Array(D * D);
  for (let t = 0; t < T; t++) {
    for (let i = 0; i < D; i++) {
      const x = (rows[t * D + i]! - mean[i]!) / T;
      for (let j = 0; j < D; j++) result[i * D + j] = result[i * D + j]! + x * (rows[t * D + j]! - mean[j]!);
    }
  }
  return result;
};
