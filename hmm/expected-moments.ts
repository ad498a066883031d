import { cholesky } from '../numerics/cholesky.ts';
import { digamma, log } from '../numerics/elementary.ts';
import { HmmError } from './hmm-error.ts';
import type { Hmm } from './model.ts';
import { type Observations, observedFeatures, rowCount } from './observations.ts';
import type { Statistics } from './statistics.ts';

/**
 * What the posteriors γ [T·K] say about the emissions where features are missing, rows are weighted or emissions are
 * Student-t; added to `statistics`.
 *
 * A Student-t row is a Gaussian one whose precision is multiplied by a hidden u: E u = (ν + D) / (ν + δ), D the number
 * of observed features and δ their squared distance (Liu & Rubin 1995, Statistica Sinica 5, §3); Gaussian: u = 1.
 * A missing feature enters by its conditional mean and covariance given the observed ones and the state (Little & Rubin
 * 2002, §11.2). A wholly missing row says nothing and adds nothing. A weight multiplies all that a row adds.
 */
export const accumulateExpectations = (
  model: Hmm,
  data: Observations,
  gamma: Float64Array,
  statistics: Statistics,
): void => {
  const { nStates: K, nFeatures: D } = model;
  const conditionals = createConditionals(model);
  const completed = new Float64Array(D);
  const row = new Float64Array(D);
  for (let t = 0; t < rowCount(data); t++) {
    const weight = data.weights?.[t] ?? 1;
    for (let d = 0; d < D; d++) row[d] = data.rows[t * D + d]!;
    const { observed, states } = conditionals(row);
    if (observed.length === 0 || weight === 0) continue;
    for (let k = 0; k < K; k++) {
      const g = weight * gamma[t * K + k]!;
      if (g > 0) addRow(model, states[k]!, row, observed, k, g, completed, statistics);
    }
  }
};

/** Of one state, for one pattern of observed features. */
interface Conditional {
  /** [D·n]: regression of the missing features on the n observed ones, Σ_mo Σ_oo⁻¹; zeros for observed features. */
  readonly regression: Float64Array;
  /** [D·D]: what the observed features leave of the covariance; 0 where a feature is observed. */
  readonly residual: Float64Array;
  /** [n·n]: Σ_oo⁻¹ */
  readonly precision: Float64Array;
}

const addRow = (
  { nFeatures: D, means, degreesOfFreedom }: Hmm,
  { regression, residual, precision }: Conditional,
  row: Float64Array,
  observed: readonly number[],
  k: number,
  g: number,
  completed: Float64Array,
  { centre, weight, sums, products, student }: Statistics,
): void => {
  const n = observed.length;
  const nu = degreesOfFreedom?.[k];
  const u = nu === undefined ? 1 : (nu + n) / (nu + distance(row, means, k * D, precision, observed));
  weight[k] = weight[k]! + g;
  if (nu !== undefined && student) {
    const half = (nu + n) / 2;
    student.scaled[k] = student.scaled[k]! + g * u;
    student.tails[k] = student.tails[k]! + g * (digamma(half) - log(half) + log(u) - u);
  }
  for (let i = 0; i < D; i++) {
    let value = row[i]! - centre[i]!;
    if (Number.isNaN(value)) {
      value = means[k * D + i]! - centre[i]!;
      for (let j = 0; j < n; j++)
        value += regression[i * n + j]! * (row[observed[j]!]! - means[k * D + observed[j]!]!);
    }
    completed[i] = value;
  }
  for (let i = 0; i < D; i++) {
    const gx = g * u * completed[i]!;
    sums[k * D + i] = sums[k * D + i]! + gx;
    for (let j = 0; j <= i; j++) {
      const at = k * D * D + i * D + j;
      products[at] = products[at]! + gx * completed[j]! + g * residual[i * D + j]!;
    }
  }
};

const distance = (
  row: Float64Array,
  means: Float64Array,
  meanAt: number,
  precision: Float64Array,
  observed: readonly number[],
): number => {
  const n = observed.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const zi = row[observed[i]!]! - means[meanAt + observed[i]!]!;
    for (let j = 0; j < n; j++)
      sum += zi * precision[i * n + j]! * (row[observed[j]!]! - means[meanAt + observed[j]!]!);
  }
  return sum;
};

interface Pattern {
  readonly observed: readonly number[];
  readonly states: readonly Conditional[];
}

/** For each pattern of observed features, made once: the conditionals of all states. */
const createConditionals = (model: Hmm) => {
  const patterns = new Map<string, Pattern>();
  let last: Pattern = { observed: [], states: [] };
  return (row: Float64Array): Pattern => {
    if (matches(row, last.observed)) return last;
    const observed = observedFeatures(row);
    const key = observed.join();
    last = patterns.get(key) ?? {
      observed,
      states: Array.from({ length: model.nStates }, (_, k) => conditionalOf(model, observed, k)),
    };
    patterns.set(key, last);
    return last;
  };
};

/** Neighbouring rows mostly miss the same features. */
const matches = (row: Float64Array, observed: readonly number[]): boolean => {
  let at = 0;
  for (let d = 0; d < row.length; d++) {
    if (Number.isNaN(row[d]!)) continue;
    if (observed[at] !== d) return false;
    at++;
  }
  return at === observed.length;
};

const conditionalOf = (model: Hmm, observed: readonly number[], k: number): Conditional => {
  const D = model.nFeatures;
  const n = observed.length;
  const sigma = (i: number, j: number): number => covarianceAt(model, k, i, j);
  const precision = inverse(
    Float64Array.from({ length: n * n }, (_, at) => sigma(observed[Math.floor(at / n)]!, observed[at % n]!)),
    n,
  );
  const regression = new Float64Array(D * n);
  const residual = new Float64Array(D * D);
  const missing = Array.from({ length: D }, (_, d) => d).filter((d) => !observed.includes(d));
  for (const i of missing) {
    for (let j = 0; j < n; j++)
      for (let l = 0; l < n; l++)
        regression[i * n + j] = regression[i * n + j]! + sigma(i, observed[l]!) * precision[l * n + j]!;
  }
  for (const i of missing) {
    for (const j of missing) {
      let left = sigma(i, j);
      for (let l = 0; l < n; l++) left -= regression[i * n + l]! * sigma(observed[l]!, j);
      residual[i * D + j] = left;
    }
  }
  return { regression, residual, precision };
};

const covarianceAt = (
  { covarianceType, covariances, nFeatures: D }: Hmm,
  k: number,
  i: number,
  j: number,
): number => {
  if (covarianceType === 'full') return covariances[k * D * D + i * D + j]!;
  if (covarianceType === 'tied') return covariances[i * D + j]!;
  if (i !== j) return 0;
  return covariances[covarianceType === 'spherical' ? k : k * D + i]!;
};

/** Of a symmetric positive definite matrix [n·n], by its Cholesky factor. Throws `InvalidModel`. */
const inverse = (a: Float64Array, n: number): Float64Array => {
  const factor = new Float64Array(n * n);
  if (!cholesky(a, n, factor))
    throw new HmmError('InvalidModel', 'a covariance matrix is not positive definite');
  const result = new Float64Array(n * n);
  for (let column = 0; column < n; column++) {
    const x = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = i === column ? 1 : 0;
      for (let j = 0; j < i; j++) sum -= factor[i * n + j]! * x[j]!;
      x[i] = sum / factor[i * n + i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = x[i]!;
      for (let j = i + 1; j < n; j++) sum -= factor[j * n + i]! * x[j]!;
      x[i] = sum / factor[i * n + i]!;
      result[i * n + column] = x[i]!;
    }
  }
  return result;
};
