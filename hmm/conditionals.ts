import { cholesky } from '../numerics/cholesky.ts';
import { digamma, log } from '../numerics/elementary.ts';
import { HmmError } from './hmm-error.ts';
import { covarianceAt, type Hmm } from './model.ts';
import { oncePerPattern } from './patterns.ts';

/** Rows of which the same features are there. */
export interface Pattern {
  readonly observed: readonly number[];
  readonly missing: readonly number[];
  /** One for each state. */
  readonly states: readonly Conditional[];
}

/** What n observed features of D say about the others, under one state. */
export interface Conditional {
  /** [D·n]: regression of the missing features on the observed ones, Σ_mo Σ_oo⁻¹; zeros for observed features. */
  readonly regression: Float64Array;
  /** [D·D]: what the observed features leave of the covariance; 0 where a feature is observed. */
  readonly residual: Float64Array;
  /** [n·n]: Σ_oo⁻¹ */
  readonly precision: Float64Array;
  /** ψ((ν + n) / 2) − ln((ν + n) / 2) of Student-t emissions: E ln u − ln E u. */
  readonly logGap: number;
}

/** The pattern of a row; each one is made once (Little & Rubin 2002, §11.2). Throws `InvalidModel`. */
export const createConditionals = (model: Hmm): ((row: Float64Array) => Pattern) => {
  const patternAt = oncePerPattern((observed) => patternOf(model, observed));
  return (row) => patternAt(row).made;
};

const patternOf = (model: Hmm, observed: readonly number[]): Pattern => {
  const all = Array.from({ length: model.nFeatures }, (_, d) => d);
  const missing = all.filter((d) => !observed.includes(d));
  const states = Array.from({ length: model.nStates }, (_, k) => conditionalOf(model, observed, missing, k));
  return { observed, missing, states };
};

const conditionalOf = (
  model: Hmm,
  observed: readonly number[],
  missing: readonly number[],
  k: number,
): Conditional => {
  const D = model.nFeatures;
  const n = observed.length;
  const sigma = (i: number, j: number): number => covarianceAt(model, k, i, j);
  const precision = inverse(
    Float64Array.from({ length: n * n }, (_, at) => sigma(observed[Math.floor(at / n)]!, observed[at % n]!)),
    n,
  );
  const regression = new Float64Array(D * n);
  const residual = new Float64Array(D * D);
  for (const i of missing) {
    for (let j = 0; j < n; j++)
      for (let l = 0; l < n; l++)
        regression[i * n + j] = regression[i * n + j]! + sigma(i, observed[l]!) * precision[l * n + j]!;
    for (const j of missing) {
      let left = sigma(i, j);
      for (let l = 0; l < n; l++) left -= regression[i * n + l]! * sigma(observed[l]!, j);
      residual[i * D + j] = left;
    }
  }
  const half = ((model.degreesOfFreedom?.[k] ?? 1) + n) / 2;
  return { regression, residual, precision, logGap: digamma(half) - log(half) };
};

/** Of a symmetric positive definite matrix [n·n], by its Cholesky factor. */
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
