import { cholesky } from '../numerics/cholesky.ts';
import { log, log1p, logGamma } from '../numerics/elementary.ts';
import { HmmError } from './hmm-error.ts';
import type { Hmm } from './model.ts';

const logTwoPi = log(2 * Math.PI);
const logPi = log(Math.PI);

/** A model's densities, prepared so that a row costs multiplications only. */
export interface Emissions {
  readonly nStates: number;
  readonly nFeatures: number;
  readonly means: Float64Array;
  readonly isDiagonal: boolean;
  /** diagonal: [K·D] 1/σ; otherwise [K·D·D] lower Cholesky factors whose diagonal is stored inverted. */
  readonly factors: Float64Array;
  /** [K]: Gaussian −½ (D ln 2π + ln |Σₖ|); Student-t ln Γ((ν+D)/2) − ln Γ(ν/2) − ½ (D ln νπ + ln |Σₖ|). */
  readonly logNorms: Float64Array;
  /** [K], Student-t only. */
  readonly degreesOfFreedom?: Float64Array;
}

/** Throws `InvalidModel` when a covariance is not positive definite. */
export const prepareEmissions = (model: Hmm): Emissions => {
  const isDiagonal = model.covarianceType === 'spherical' || model.covarianceType === 'diag';
  const { nStates, nFeatures, means } = model;
  const { factors, halfLogDeterminants } = isDiagonal ? diagonalFactors(model) : choleskyFactors(model);
  const prepared = { nStates, nFeatures, means, isDiagonal, factors };
  const { degreesOfFreedom: nu } = model;
  if (!nu) {
    const gaussian = -0.5 * nFeatures * logTwoPi;
    return { ...prepared, logNorms: halfLogDeterminants.map((half) => gaussian - half) };
  }
  const logNorms = halfLogDeterminants.map((half, k) => studentNorm(nu[k]!, nFeatures) - half);
  return { ...prepared, logNorms, degreesOfFreedom: nu };
};

const studentNorm = (nu: number, D: number): number =>
  logGamma((nu + D) / 2) - logGamma(nu / 2) - 0.5 * D * (log(nu) + logPi);

/**
 * ln bₖ(xₜ) of the rows [from, to), written to `out[t·K + k]`. The rows must be complete. With δ the squared distance:
 * Gaussian −½ δ, multivariate Student-t −½ (ν + D) ln(1 + δ/ν), both plus their norms.
 */
export const logEmissions = (
  emissions: Emissions,
  rows: Float64Array,
  from: number,
  to: number,
  out: Float64Array,
): void => {
  squaredDistances(emissions, rows, from, to, out);
  const { nStates: K, nFeatures: D, logNorms, degreesOfFreedom } = emissions;
  for (let k = 0; k < K; k++) {
    const logNorm = logNorms[k]!;
    const nu = degreesOfFreedom?.[k];
    if (nu === undefined) for (let t = from; t < to; t++) out[t * K + k] = logNorm - 0.5 * out[t * K + k]!;
    else
      for (let t = from; t < to; t++) out[t * K + k] = logNorm - 0.5 * (nu + D) * log1p(out[t * K + k]! / nu);
  }
};

/** Squared Mahalanobis distances (x − μₖ)ᵀ Σₖ⁻¹ (x − μₖ) of the rows [from, to), written to `out[t·K + k]`. */
export const squaredDistances = (
  emissions: Emissions,
  rows: Float64Array,
  from: number,
  to: number,
  out: Float64Array,
): void => {
  for (let k = 0; k < emissions.nStates; k++) {
    if (emissions.isDiagonal) diagonalColumn(emissions, rows, from, to, out, k);
    else fullColumn(emissions, rows, from, to, out, k);
  }
};

const diagonalColumn = (
  { nStates: K, nFeatures: D, means, factors }: Emissions,
  rows: Float64Array,
  from: number,
  to: number,
  out: Float64Array,
  k: number,
): void => {
  const base = k * D;
  for (let t = from; t < to; t++) {
    let sum = 0;
    for (let d = 0; d < D; d++) {
      const z = (rows[t * D + d]! - means[base + d]!) * factors[base + d]!;
      sum += z * z;
    }
    out[t * K + k] = sum;
  }
};

/** Forward substitution: z = L⁻¹ (x − μ), then the squared length of z. */
const fullColumn = (
  { nStates: K, nFeatures: D, means, factors }: Emissions,
  rows: Float64Array,
  from: number,
  to: number,
  out: Float64Array,
  k: number,
): void => {
  const z = new Float64Array(D);
  const meanAt = k * D;
  const factorAt = k * D * D;
  for (let t = from; t < to; t++) {
    let sum = 0;
    for (let i = 0; i < D; i++) {
      const row = factorAt + i * D;
      let value = rows[t * D + i]! - means[meanAt + i]!;
      for (let j = 0; j < i; j++) value -= factors[row + j]! * z[j]!;
      value *= factors[row + i]!;
      z[i] = value;
      sum += value * value;
    }
    out[t * K + k] = sum;
  }
};

const diagonalFactors = ({ covarianceType, nStates: K, nFeatures: D, covariances }: Hmm) => {
  const factors = new Float64Array(K * D);
  const halfLogDeterminants = new Float64Array(K);
  for (let k = 0; k < K; k++) {
    let logDeterminant = 0;
    for (let d = 0; d < D; d++) {
      const variance = covariances[covarianceType === 'spherical' ? k : k * D + d]!;
      if (!(variance > 0)) throw new HmmError('InvalidModel', `state ${k}: a variance of ${variance}`);
      logDeterminant += log(variance);
      factors[k * D + d] = 1 / Math.sqrt(variance);
    }
    halfLogDeterminants[k] = 0.5 * logDeterminant;
  }
  return { factors, halfLogDeterminants };
};

const choleskyFactors = ({ covarianceType, nStates: K, nFeatures: D, covariances }: Hmm) => {
  const factors = new Float64Array(K * D * D);
  const halfLogDeterminants = new Float64Array(K);
  for (let k = 0; k < K; k++) {
    const at = k * D * D;
    if (!cholesky(covariances, D, factors, covarianceType === 'tied' ? 0 : at, at)) {
      throw new HmmError('InvalidModel', `state ${k}: the covariance matrix is not positive definite`);
    }
    halfLogDeterminants[k] = invertDiagonal(factors, D, at);
  }
  return { factors, halfLogDeterminants };
};

/** Inverts the diagonal in place and returns Σ ln Lᵢᵢ. */
const invertDiagonal = (factor: Float64Array, n: number, at: number): number => {
  let logs = 0;
  for (let i = 0; i < n; i++) {
    logs += log(factor[at + i * n + i]!);
    factor[at + i * n + i] = 1 / factor[at + i * n + i]!;
  }
  return logs;
};
