import { accumulateExpectations } from './expected-moments.ts';
import type { Workspace } from './forward-backward.ts';
import { HmmError } from './hmm-error.ts';
import type { Hmm } from './model.ts';
import { hasMissing, type Observations, rowCount, spans } from './observations.ts';

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
  /** What Student-t emissions need besides. */
  readonly student?: StudentStatistics;
}

export interface StudentStatistics {
  /** [K]: Σₜ γₜ(k) uₜ(k), what sums and products weigh (see expected-moments.ts). */
  readonly scaled: Float64Array;
  /** [K]: what the degrees of freedom are estimated from (see degrees-of-freedom.ts). */
  readonly tails: Float64Array;
}

/** What the sums and products of each state weigh: Σ γ, of Student-t emissions Σ γ u. Throws `InvalidData`. */
export const massOf = ({ degreesOfFreedom }: Hmm, { weight, student }: Statistics): Float64Array => {
  if (!degreesOfFreedom) return weight;
  if (student) return student.scaled;
  throw new HmmError('InvalidData', 'statistics for Gaussian emissions cannot update Student-t ones');
};

/** How many doubles `statisticsIn` needs. */
export const statisticsSize = (nStates: number, nFeatures: number): number =>
  nStates * (4 + nStates + nFeatures + nFeatures ** 2);

/** Statistics that are kept in `memory`, as it is: [statisticsSize(nStates, D)]. */
export const statisticsIn = (memory: Float64Array, nStates: number, centre: Float64Array): Statistics => {
  const D = centre.length;
  let used = 0;
  const take = (size: number): Float64Array => memory.subarray(used, (used += size));
  return {
    centre,
    start: take(nStates),
    transitions: take(nStates * nStates),
    weight: take(nStates),
    sums: take(nStates * D),
    products: take(nStates * D * D),
    student: { scaled: take(nStates), tails: take(nStates) },
  };
};

/** All zero. */
export const createStatistics = (nStates: number, centre: Float64Array): Statistics =>
  statisticsIn(new Float64Array(statisticsSize(nStates, centre.length)), nStates, centre);

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
  statistics.student?.scaled.fill(0);
  statistics.student?.tails.fill(0);
};

/** Adds `other`, of the same shape and centre, to `statistics`. */
export const addStatistics = (statistics: Statistics, other: Statistics): void => {
  for (const name of ['start', 'transitions', 'weight', 'sums', 'products'] as const) {
    const values = statistics[name];
    other[name].forEach((value, i) => {
      values[i] = values[i]! + value;
    });
  }
  for (const name of ['scaled', 'tails'] as const) {
    other.student?.[name].forEach((value, k) => {
      const values = statistics.student?.[name];
      if (values) values[k] = values[k]! + value;
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
  if (model.degreesOfFreedom || data.weights || hasMissing(data)) {
    accumulateExpectations(model, data, gamma, statistics);
    return;
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

/** Weighted mean of each feature over the rows where it is there. */
export const featureMeans = (data: Observations): Float64Array => {
  const { rows, nFeatures: D, weights } = data;
  const T = rowCount(data);
  const sums = new Float64Array(D);
  const counts = new Float64Array(D);
  for (let t = 0; t < T; t++) {
    const weight = weights ? weights[t]! : 1;
    for (let d = 0; d < D; d++) {
      const x = rows[t * D + d]!;
      if (Number.isNaN(x)) continue;
      sums[d] = sums[d]! + weight * x;
      counts[d] = counts[d]! + weight;
    }
  }
  return sums.map((sum, d) => (counts[d]! > 0 ? sum / counts[d]! : 0));
};

/**
 * Covariance of the rows [D·D] about their mean. With missing features a variance is that of the rows where the feature
 * is there, and a covariance is Σ over the rows where both are there, divided by the root of both counts: always
 * positive semidefinite.
 */
export const pooledCovariance = (data: Observations, mean: Float64Array): Float64Array => {
  const { rows, nFeatures: D, weights } = data;
  const counts = featureCounts(data);
  const shifted = new Float64Array(D);
  const result = new Float64Array(D * D);
  const T = rowCount(data);
  for (let t = 0; t < T; t++) {
    const root = weights ? Math.sqrt(weights[t]!) : 1;
    for (let i = 0; i < D; i++) {
      const x = rows[t * D + i]!;
      shifted[i] = Number.isNaN(x) ? 0 : root * (x - mean[i]!);
      for (let j = 0; j <= i; j++) result[i * D + j] = result[i * D + j]! + shifted[i]! * shifted[j]!;
    }
  }
  for (let i = 0; i < D; i++) {
    for (let j = 0; j <= i; j++) {
      result[i * D + j] = result[i * D + j]! / Math.sqrt(counts[i]! * counts[j]!);
      result[j * D + i] = result[i * D + j]!;
    }
  }
  return result;
};

/** Weight of the rows where each feature is there; 1 for a feature that never is, so that it divides. */
const featureCounts = ({ rows, nFeatures: D, weights }: Observations): Float64Array => {
  const counts = new Float64Array(D);
  for (let i = 0, t = 0; i < rows.length; i += D, t++) {
    const weight = weights ? weights[t]! : 1;
    for (let d = 0; d < D; d++) if (!Number.isNaN(rows[i + d]!)) counts[d] = counts[d]! + weight;
  }
  return counts.map((count) => (count > 0 ? count : 1));
};
