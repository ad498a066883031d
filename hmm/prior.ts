import { cholesky } from '../numerics/cholesky.ts';
import { log, pow, square } from '../numerics/elementary.ts';
import type { Hmm } from './model.ts';

/**
 * What is believed before the data, as the numbers that the M-step adds. Means in absolute coordinates.
 * Starts and transitions: Dirichlet pseudo-counts (α − 1). Emissions: Normal–inverse-Wishart.
 */
export interface Prior {
  /** [K] and [K·K] */
  readonly startCounts: Float64Array;
  readonly transitionCounts: Float64Array;
  /** [K·D] and the weight of each, [K·D] */
  readonly means: Float64Array;
  readonly meanWeights: Float64Array;
  /** Added to the scatter: [K·D] for spherical and diag, [D·D] for tied, [K·D·D] for full. */
  readonly scatter: Float64Array;
  /** Added to the weight that divides the scatter. */
  readonly scatterWeight: number;
  /** Smallest divisor of the scatter (hmmlearn's 1e-5; 0 otherwise). */
  readonly smallestDivisor: number;
  /** [D]: no variance falls below it, and no direction of a covariance matrix below the ellipsoid of these variances. */
  readonly varianceFloor: Float64Array;
  /** What becomes of probabilities that nothing was counted for: hmmlearn's zeros, or what they were. */
  readonly emptyRows: 'keep' | 'zero';
}

/** What the default prior says; each number counts as that many candles. */
export interface PriorStrength {
  /** Pseudo-transitions to every state, and more to the state itself (regimes last). */
  readonly transition: number;
  readonly stickiness: number;
  readonly start: number;
  readonly mean: number;
  /** Candles that the pooled covariance counts for; D + 2 when left out. */
  readonly covariance?: number;
}

export const defaultStrength: PriorStrength = { transition: 0.5, stickiness: 5, start: 0.5, mean: 0.01 };

/**
 * The scale-free prior of the default mode (Fraley & Raftery 2007, J. Classification 24, §2): the covariance of each
 * state is drawn to S = pooled covariance / K^(2/D), its mean weakly to the pooled mean, so that rescaling or shifting
 * the features rescales or shifts the fit and nothing else. `centre` [D], `pooled` [D·D].
 */
export const defaultPrior = (
  model: Pick<Hmm, 'covarianceType' | 'nStates' | 'nFeatures'>,
  centre: Float64Array,
  pooled: Float64Array,
  strength: PriorStrength = defaultStrength,
): Prior => {
  const { nStates: K, nFeatures: D, covarianceType: type } = model;
  const weight = strength.covariance ?? D + 2;
  const target = sharpened(pooled, centre, D).map((value) => (weight * value) / pow(K, 2 / D));
  const diagonal = Float64Array.from({ length: D }, (_, d) => target[d * D + d]!);
  const scatter = {
    spherical: () => repeat(diagonal, K),
    diag: () => repeat(diagonal, K),
    tied: () => target,
    full: () => repeat(target, K),
  };
  return {
    startCounts: new Float64Array(K).fill(strength.start),
    transitionCounts: Float64Array.from(
      { length: K * K },
      (_, i) => strength.transition + (i % (K + 1) === 0 ? strength.stickiness : 0),
    ),
    means: repeat(centre, K),
    meanWeights: new Float64Array(K * D).fill(strength.mean),
    scatter: scatter[type](),
    scatterWeight: weight,
    smallestDivisor: 0,
    varianceFloor: diagonal.map((value) => (1e-6 * value) / weight),
    emptyRows: 'keep',
  };
};

/**
 * The pooled covariance made surely positive definite: correlations shrunk by 1e-4 (repeated columns), and a constant
 * column given a standard deviation of 1e-6 of its size.
 */
const sharpened = (pooled: Float64Array, centre: Float64Array, D: number): Float64Array => {
  const sd = Float64Array.from({ length: D }, (_, d) => {
    const size = Math.max(Math.abs(centre[d]!), 1e-6);
    return Math.max(
      Math.sqrt(pooled[d * D + d]!),
      1e-6 * size * (pooled[d * D + d]! > square(1e-12 * size) ? 0 : 1),
      1e-100,
    );
  });
  return Float64Array.from({ length: D * D }, (_, at) => {
    const [i, j] = [Math.floor(at / D), at % D];
    return i === j ? square(sd[i]!) : pooled[at]! * (1 - 1e-4);
  });
};

const repeat = (values: Float64Array, times: number): Float64Array => {
  const result = new Float64Array(values.length * times);
  for (let i = 0; i < times; i++) result.set(values, i * values.length);
  return result;
};

/** ln of the prior density at the model, without its constant: what EM's objective adds to the log-likelihood. */
export const logPrior = (model: Hmm, prior: Prior): number =>
  dirichlet(prior.startCounts, model.start) +
  dirichlet(prior.transitionCounts, model.transition) +
  emissionsPrior(model, prior);

const dirichlet = (counts: Float64Array, probabilities: Float64Array): number =>
  probabilities.reduce((sum, p, i) => (p > 0 && counts[i] !== 0 ? sum + counts[i]! * log(p) : sum), 0);

const emissionsPrior = (model: Hmm, prior: Prior): number => {
  let sum = 0;
  const blocks = model.covarianceType === 'tied' ? 1 : model.nStates;
  for (let k = 0; k < blocks; k++) sum -= 0.5 * covariancePenalty(model, prior, k);
  for (let k = 0; k < model.nStates; k++) sum -= 0.5 * meanPenalty(model, prior, k);
  return sum;
};

/** ν ln |Σ| + tr(Σ⁻¹ Ψ) of one covariance. */
const covariancePenalty = (model: Hmm, prior: Prior, k: number): number => {
  const { nFeatures: D } = model;
  if (isDiagonal(model)) {
    let sum = 0;
    for (let d = 0; d < D; d++) {
      const v = varianceOf(model, k, d);
      sum += prior.scatterWeight * log(v) + prior.scatter[k * D + d]! / v;
    }
    return sum;
  }
  const factor = factorOf(model, k);
  let sum = 0;
  for (let d = 0; d < D; d++) sum += 2 * prior.scatterWeight * log(factor[d * D + d]!);
  return sum + traceOfSolve(factor, prior.scatter.subarray(k * D * D, (k + 1) * D * D), D);
};

/** κ (μ − m)ᵀ Σ⁻¹ (μ − m) of one state. */
const meanPenalty = (model: Hmm, prior: Prior, k: number): number => {
  const { nFeatures: D, means } = model;
  const scaled = Float64Array.from({ length: D }, (_, d) => {
    return Math.sqrt(prior.meanWeights[k * D + d]!) * (means[k * D + d]! - prior.means[k * D + d]!);
  });
  if (isDiagonal(model)) return scaled.reduce((sum, z, d) => sum + square(z) / varianceOf(model, k, d), 0);
  const z = solveLower(factorOf(model, k), scaled, D);
  return z.reduce((sum, value) => sum + value * value, 0);
};

const isDiagonal = ({ covarianceType }: Hmm): boolean =>
  covarianceType === 'diag' || covarianceType === 'spherical';

const varianceOf = ({ covarianceType, covariances, nFeatures }: Hmm, k: number, d: number): number =>
  covariances[covarianceType === 'spherical' ? k : k * nFeatures + d]!;

const factorOf = ({ covarianceType, covariances, nFeatures: D }: Hmm, k: number): Float64Array => {
  const factor = new Float64Array(D * D);
  cholesky(covariances, D, factor, covarianceType === 'tied' ? 0 : k * D * D);
  return factor;
};

const solveLower = (factor: Float64Array, b: Float64Array, D: number): Float64Array => {
  const z = new Float64Array(D);
  for (let i = 0; i < D; i++) {
    let sum = b[i]!;
    for (let j = 0; j < i; j++) sum -= factor[i * D + j]! * z[j]!;
    z[i] = sum / factor[i * D + i]!;
  }
  return z;
};

/** tr(Σ⁻¹ Ψ) = ‖L⁻¹ C‖² with Ψ = C Cᵀ. */
const traceOfSolve = (factor: Float64Array, psi: Float64Array, D: number): number => {
  const root = new Float64Array(D * D);
  cholesky(psi, D, root);
  let sum = 0;
  for (let column = 0; column < D; column++) {
    const z = solveLower(
      factor,
      Float64Array.from({ length: D }, (_, i) => root[i * D + column]!),
      D,
    );
    sum += z.reduce((total, value) => total + value * value, 0);
  }
  return sum;
};
