import { log } from '../numerics/elementary.ts';
import { type Conditional, createConditionals, type Pattern } from './conditionals.ts';
import { type Hmm, isDiagonal } from './model.ts';
import { type Observations, rowCount } from './observations.ts';
import type { Statistics } from './statistics.ts';

/**
 * What the posteriors γ [T·K] say about the emissions where features are missing, rows are weighted or emissions are
 * Student-t; added to `statistics`.
 *
 * A Student-t row is a Gaussian one whose precision is multiplied by a hidden u: E u = (ν + n) / (ν + δ), n the number
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
  const patternOf = createConditionals(model);
  const row = new Float64Array(D);
  const work: Work = { model, statistics, row, shifted: new Float64Array(D), completed: new Float64Array(D) };
  for (let t = 0; t < rowCount(data); t++) {
    const weight = data.weights?.[t] ?? 1;
    for (let d = 0; d < D; d++) row[d] = data.rows[t * D + d]!;
    const pattern = patternOf(row);
    if (pattern.observed.length === 0 || weight === 0) continue;
    for (let k = 0; k < K; k++) {
      const g = weight * gamma[t * K + k]!;
      if (g > 0) addRow(work, pattern, k, g);
    }
  }
};

interface Work {
  readonly model: Hmm;
  readonly statistics: Statistics;
  /** [D] */
  readonly row: Float64Array;
  /** [n]: observed features minus their means. */
  readonly shifted: Float64Array;
  /** [D]: the row minus the centre, missing features at their conditional mean. */
  readonly completed: Float64Array;
}

const addRow = (work: Work, pattern: Pattern, k: number, g: number): void => {
  const { weight } = work.statistics;
  const conditional = pattern.states[k]!;
  weight[k] = weight[k]! + g;
  shift(work, pattern, k);
  const u = precisionFactor(work, conditional, pattern.observed.length, k, g);
  complete(work, pattern, conditional, k);
  addMoments(work, k, g * u);
  if (pattern.missing.length > 0) addResidual(work, conditional, k, g);
};

const shift = ({ model, row, shifted }: Work, { observed }: Pattern, k: number): void => {
  const meanAt = k * row.length;
  for (let i = 0; i < observed.length; i++) {
    const d = observed[i]!;
    shifted[i] = row[d]! - model.means[meanAt + d]!;
  }
};

/** E u; what the degrees of freedom need is added on the way. */
const precisionFactor = (
  { model, statistics: { student }, shifted }: Work,
  { precision, logGap }: Conditional,
  n: number,
  k: number,
  g: number,
): number => {
  const nu = model.degreesOfFreedom?.[k];
  if (nu === undefined || !student) return 1;
  const u = (nu + n) / (nu + squaredLength(shifted, precision, n, isDiagonal(model)));
  student.scaled[k] = student.scaled[k]! + g * u;
  student.tails[k] = student.tails[k]! + g * (logGap + log(u) - u);
  return u;
};

/** zᵀ P z of a symmetric P [n·n]. */
const squaredLength = (z: Float64Array, P: Float64Array, n: number, diagonal: boolean): number => {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let product = 0.5 * P[i * n + i]! * z[i]!;
    if (!diagonal) for (let j = 0; j < i; j++) product += P[i * n + j]! * z[j]!;
    sum += z[i]! * product;
  }
  return 2 * sum;
};

const complete = (
  { model, statistics: { centre }, row, shifted, completed }: Work,
  { observed, missing }: Pattern,
  { regression }: Conditional,
  k: number,
): void => {
  const n = observed.length;
  for (let d = 0; d < completed.length; d++) completed[d] = row[d]! - centre[d]!;
  for (const d of missing) {
    let value = model.means[k * row.length + d]! - centre[d]!;
    for (let j = 0; j < n; j++) value += regression[d * n + j]! * shifted[j]!;
    completed[d] = value;
  }
};

const addMoments = (
  { model, statistics: { sums, products }, completed }: Work,
  k: number,
  g: number,
): void => {
  const D = completed.length;
  const diagonal = isDiagonal(model);
  for (let i = 0; i < D; i++) {
    const gx = g * completed[i]!;
    const at = (k * D + i) * D;
    sums[k * D + i] = sums[k * D + i]! + gx;
    for (let j = diagonal ? i : 0; j <= i; j++) products[at + j] = products[at + j]! + gx * completed[j]!;
  }
};

/** E u (x − x̂)(x − x̂)ᵀ of the missing features: the residual covariance, whatever u is. */
const addResidual = (
  { row, statistics: { products } }: Work,
  { residual }: Conditional,
  k: number,
  g: number,
): void => {
  const D = row.length;
  for (let i = 0; i < D; i++) {
    for (let j = 0; j <= i; j++) {
      const at = (k * D + i) * D + j;
      products[at] = products[at]! + g * residual[i * D + j]!;
    }
  }
};
