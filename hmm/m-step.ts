import { repairPositiveDefinite, symmetrize } from '../numerics/cholesky.ts';
import { floorCovariance } from '../numerics/covariance-floor.ts';
import { updateDegreesOfFreedom } from './degrees-of-freedom.ts';
import { HmmError } from './hmm-error.ts';
import type { Hmm } from './model.ts';
import type { Prior } from './prior.ts';
import type { Statistics } from './statistics.ts';

/** Which parameters move: any of s(tart), t(ransitions), m(eans), c(ovariances), as hmmlearn writes it. */
export type Moving = string;

export interface MStepReport {
  /** Ridges that covariances needed. */
  repairs: number;
  /** Variances, and directions of a covariance matrix, that were raised to the floor. */
  floored: number;
  /** States that no row was given to, or less than a millionth of one: their means and covariances are those of the prior, or keep their values without one. */
  deadStates: number[];
  /**
   * States that were never left, without a prior on leaving. Default mode keeps their transitions; in compat mode these
   * are zeros, as hmmlearn leaves them.
   */
  emptyRows: number[];
}

/** In rows. */
const deadWeight = 1e-6;

/**
 * The parameters that maximise the expected penalised log-likelihood (Huang, Acero, Hon 2001, pp. 443–445; the same
 * formulas as hmmlearn 0.3.3). Probabilities that are 0 stay 0. Writes into `model`.
 */
export const maximise = (
  model: Hmm,
  statistics: Statistics,
  prior: Prior,
  moving: Moving = 'stmc',
): MStepReport => {
  const report: MStepReport = { repairs: 0, floored: 0, deadStates: [], emptyRows: [] };
  const { nStates: K } = model;
  if (moving.includes('s')) proportions(model.start, statistics.start, prior.startCounts, 0, K, prior);
  if (moving.includes('t')) {
    const { transitions } = statistics;
    for (let j = 0; j < K; j++) {
      if (!proportions(model.transition, transitions, prior.transitionCounts, j * K, K, prior))
        report.emptyRows.push(j);
    }
  }
  for (let k = 0; k < K; k++) if (!(statistics.weight[k]! > deadWeight)) report.deadStates.push(k);
  if (moving.includes('m')) updateMeans(model, statistics, prior);
  if (moving.includes('c')) {
    updateCovariances(model, statistics, prior, report);
    updateDegreesOfFreedom(model, statistics);
  }
  return report;
};

/** Counts + pseudo-counts, negative ones cut to 0, as proportions. False: the row has none (see `emptyRows`). */
const proportions = (
  out: Float64Array,
  counts: Float64Array,
  pseudo: Float64Array,
  at: number,
  n: number,
  { emptyRows }: Prior,
): boolean => {
  const before = out.slice(at, at + n);
  let total = 0;
  for (let i = at; i < at + n; i++) {
    out[i] = out[i] === 0 ? 0 : Math.max(counts[i]! + pseudo[i]!, 0);
    total += out[i]!;
  }
  if (total > 0) for (let i = at; i < at + n; i++) out[i] = out[i]! / total;
  else if (emptyRows === 'keep') out.set(before, at);
  return total > 0;
};

/** What the sums and products of a state weigh. */
const massOf = ({ degreesOfFreedom }: Hmm, { weight, student }: Statistics): Float64Array => {
  if (!degreesOfFreedom) return weight;
  if (student) return student.scaled;
  throw new HmmError('InvalidData', 'statistics for Gaussian emissions cannot update Student-t ones');
};

const updateMeans = (model: Hmm, statistics: Statistics, prior: Prior): void => {
  const { nStates: K, nFeatures: D, means } = model;
  const { centre, sums } = statistics;
  const mass = massOf(model, statistics);
  for (let i = 0; i < K * D; i++) {
    const w = prior.meanWeights[i]!;
    const k = Math.floor(i / D);
    const c = centre[i % D]!;
    if (w + mass[k]! > 0) means[i] = c + (w * (prior.means[i]! - c) + sums[i]!) / (w + mass[k]!);
  }
};

const updateCovariances = (model: Hmm, statistics: Statistics, prior: Prior, report: MStepReport): void => {
  if (model.covarianceType === 'diag') updateDiag(model, statistics, prior, report);
  else if (model.covarianceType === 'spherical') updateSpherical(model, statistics, prior, report);
  else if (model.covarianceType === 'full') updateFull(model, statistics, prior, report);
  else updateTied(model, statistics, prior, report);
};

/** One element of Σ γ u (x − μ)(x − μ)ᵀ + κ (μ − m)(μ − m)ᵀ, from the moments about the centre. */
const scatterAt = (
  model: Hmm,
  statistics: Statistics,
  prior: Prior,
  k: number,
  i: number,
  j: number,
): number => {
  const { centre, sums, products } = statistics;
  const D = model.nFeatures;
  const [a, b] = [k * D + i, k * D + j];
  const [mi, mj] = [model.means[a]! - centre[i]!, model.means[b]! - centre[j]!];
  const moment = products[k * D * D + (i >= j ? i * D + j : j * D + i)]!;
  const pull =
    prior.meanWeights[a]! * (model.means[a]! - prior.means[a]!) * (model.means[b]! - prior.means[b]!);
  return pull + moment - sums[a]! * mj - mi * sums[b]! + mi * mj * massOf(model, statistics)[k]!;
};

const updateDiag = (model: Hmm, statistics: Statistics, prior: Prior, report: MStepReport): void => {
  const { nFeatures: D, covariances } = model;
  for (let i = 0; i < covariances.length; i++) {
    const k = Math.floor(i / D);
    const value = variance(model, statistics, prior, k, i % D);
    if (value !== undefined) covariances[i] = floored(value, prior.varianceFloor[i % D]!, report);
  }
};

const updateSpherical = (model: Hmm, statistics: Statistics, prior: Prior, report: MStepReport): void => {
  const { nFeatures: D } = model;
  const floor = prior.varianceFloor.reduce((a, b) => a + b, 0) / D;
  for (let k = 0; k < model.nStates; k++) {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += variance(model, statistics, prior, k, d) ?? Number.NaN;
    if (!Number.isNaN(sum)) model.covariances[k] = floored(sum / D, floor, report);
  }
};

/** Undefined for a state without weight, prior or smallest divisor: there is nothing to divide by. */
const variance = (
  model: Hmm,
  statistics: Statistics,
  prior: Prior,
  k: number,
  d: number,
): number | undefined => {
  const { weight } = statistics;
  const divisor = Math.max(prior.scatterWeight + weight[k]!, prior.smallestDivisor);
  if (!(prior.scatterWeight + weight[k]! > 0)) return undefined;
  return (prior.scatter[k * model.nFeatures + d]! + scatterAt(model, statistics, prior, k, d, d)) / divisor;
};

const floored = (value: number, floor: number, report: MStepReport): number => {
  if (value >= floor) return value;
  report.floored++;
  return floor;
};

const updateFull = (model: Hmm, statistics: Statistics, prior: Prior, report: MStepReport): void => {
  const { nStates: K, nFeatures: D, covariances } = model;
  for (let k = 0; k < K; k++) {
    const divisor = prior.scatterWeight + statistics.weight[k]!;
    if (!(divisor > 0)) continue;
    for (let i = 0; i < D; i++) {
      for (let j = 0; j < D; j++) {
        const at = k * D * D + i * D + j;
        covariances[at] = (prior.scatter[at]! + scatterAt(model, statistics, prior, k, i, j)) / divisor;
      }
    }
    raise(covariances, D, k * D * D, prior, report);
  }
};

const updateTied = (model: Hmm, statistics: Statistics, prior: Prior, report: MStepReport): void => {
  const { nStates: K, nFeatures: D, covariances } = model;
  const divisor = prior.scatterWeight + statistics.weight.reduce((a, b) => a + b, 0);
  if (!(divisor > 0)) return;
  for (let at = 0; at < D * D; at++) {
    let sum = prior.scatter[at]!;
    for (let k = 0; k < K; k++) sum += scatterAt(model, statistics, prior, k, Math.floor(at / D), at % D);
    covariances[at] = sum / divisor;
  }
  raise(covariances, D, 0, prior, report);
};

/** No direction of the matrix at `at` stays below the floor; what rounding still leaves indefinite gets a ridge. */
const raise = (covariances: Float64Array, D: number, at: number, prior: Prior, report: MStepReport): void => {
  symmetrize(covariances, D, at);
  report.floored += floorCovariance(covariances, D, at, prior.varianceFloor);
  report.repairs += repairPositiveDefinite(covariances, D, at) > 0 ? 1 : 0;
};
