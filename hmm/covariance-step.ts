import { repairPositiveDefinite, symmetrize } from '../numerics/cholesky.ts';
import { floorCovariance } from '../numerics/covariance-floor.ts';
import type { Hmm } from './model.ts';
import type { Prior } from './prior.ts';
import { massOf, type Statistics } from './statistics.ts';

export interface CovarianceReport {
  /** Ridges that covariances needed. */
  repairs: number;
  /** Variances, and directions of a covariance matrix, that were raised to the floor. */
  floored: number;
}

/** (Ψ + Σ γ u (x − μ)(x − μ)ᵀ + κ (μ − m)(μ − m)ᵀ) / (n₀ + Σ γ) about the new means, not below the floor. */
export const updateCovariances = (
  model: Hmm,
  statistics: Statistics,
  prior: Prior,
  report: CovarianceReport,
): void => {
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

const updateDiag = (model: Hmm, statistics: Statistics, prior: Prior, report: CovarianceReport): void => {
  const { nFeatures: D, covariances } = model;
  for (let i = 0; i < covariances.length; i++) {
    const k = Math.floor(i / D);
    const value = variance(model, statistics, prior, k, i % D);
    if (value !== undefined) covariances[i] = floored(value, prior.varianceFloor[i % D]!, report);
  }
};

const updateSpherical = (
  model: Hmm,
  statistics: Statistics,
  prior: Prior,
  report: CovarianceReport,
): void => {
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

const floored = (value: number, floor: number, report: CovarianceReport): number => {
  if (value >= floor) return value;
  report.floored++;
  return floor;
};

const updateFull = (model: Hmm, statistics: Statistics, prior: Prior, report: CovarianceReport): void => {
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

const updateTied = (model: Hmm, statistics: Statistics, prior: Prior, report: CovarianceReport): void => {
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
const raise = (
  covariances: Float64Array,
  D: number,
  at: number,
  prior: Prior,
  report: CovarianceReport,
): void => {
  symmetrize(covariances, D, at);
  report.floored += floorCovariance(covariances, D, at, prior.varianceFloor);
  report.repairs += repairPositiveDefinite(covariances, D, at) > 0 ? 1 : 0;
};
