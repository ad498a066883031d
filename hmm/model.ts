import { cholesky } from '../numerics/cholesky.ts';
import { HmmError } from './hmm-error.ts';

/** A hidden Markov model as it is stored, in scaled feature space; K states, D features. */
export interface HmmParameters {
  readonly covarianceType: CovarianceType;
  /** [K], sums to 1. */
  readonly startProbability: readonly number[];
  /** [K][K], rows sum to 1. */
  readonly transitionMatrix: readonly (readonly number[])[];
  /** [K][D] */
  readonly means: readonly (readonly number[])[];
  /** spherical: [K] variances; diag: [K][D]; tied: [D][D] and full: [K][D][D], symmetric positive definite. */
  readonly covariances:
    | readonly number[]
    | readonly (readonly number[])[]
    | readonly (readonly (readonly number[])[])[];
  /** [K]: Student-t emissions, whose scale matrices the covariances then are; absent: Gaussian. */
  readonly degreesOfFreedom?: readonly number[];
}

export type CovarianceType = 'spherical' | 'diag' | 'tied' | 'full';

/** The same model as the mathematics uses it: flat, row-major. */
export interface Hmm {
  readonly covarianceType: CovarianceType;
  readonly nStates: number;
  readonly nFeatures: number;
  /** [K] */
  readonly start: Float64Array;
  /** [K·K], row j holds P(next = k | now = j). */
  readonly transition: Float64Array;
  /** [K·D] */
  readonly means: Float64Array;
  /** spherical [K], diag [K·D], tied [D·D], full [K·D·D]. */
  readonly covariances: Float64Array;
  /** [K]: of Student-t emissions, whose scale matrices the covariances then are; absent: Gaussian emissions. */
  readonly degreesOfFreedom?: Float64Array;
}

/** How many numbers hold the covariances of K states and D features. */
export const covarianceSize = (type: CovarianceType, nStates: number, nFeatures: number): number =>
  ({ spherical: nStates, diag: nStates * nFeatures, tied: nFeatures ** 2, full: nStates * nFeatures ** 2 })[
    type
  ];

/** True where features are independent given the state. */
export const isDiagonal = ({ covarianceType }: Pick<Hmm, 'covarianceType'>): boolean =>
  covarianceType === 'diag' || covarianceType === 'spherical';

/** Element i, j of the covariance of state k. */
export const covarianceAt = (
  { covarianceType, covariances, nFeatures: D }: Hmm,
  k: number,
  i: number,
  j: number,
): number => {
  if (covarianceType === 'full') return covariances[(k * D + i) * D + j]!;
  if (covarianceType === 'tied') return covariances[i * D + j]!;
  if (i !== j) return 0;
  return covariances[covarianceType === 'spherical' ? k : k * D + i]!;
};

/** Reads stored parameters; throws `InvalidModel` unless every shape and constraint holds. */
export const fromParameters = (parameters: HmmParameters): Hmm => {
  const model: Hmm = {
    covarianceType: parameters.covarianceType,
    nStates: parameters.startProbability.length,
    nFeatures: parameters.means[0]?.length ?? 0,
    start: flat(parameters.startProbability),
    transition: flat(parameters.transitionMatrix),
    means: flat(parameters.means),
    covariances: flat(parameters.covariances),
    ...(parameters.degreesOfFreedom ? { degreesOfFreedom: flat(parameters.degreesOfFreedom) } : {}),
  };
  validate(model);
  return model;
};

/** What is stored. −0 becomes 0, because JSON would change it. */
export const toParameters = (model: Hmm): HmmParameters => {
  const { nStates: K, nFeatures: D } = model;
  return {
    covarianceType: model.covarianceType,
    startProbability: numbers(model.start),
    transitionMatrix: nested(model.transition, K, K),
    means: nested(model.means, K, D),
    covariances: storedCovariances(model),
    ...(model.degreesOfFreedom ? { degreesOfFreedom: numbers(model.degreesOfFreedom) } : {}),
  };
};

const storedCovariances = (model: Hmm): HmmParameters['covariances'] => {
  const { nStates: K, nFeatures: D, covariances } = model;
  const matrix = (k: number) => nested(covariances.subarray(k * D * D, (k + 1) * D * D), D, D);
  if (model.covarianceType === 'spherical') return numbers(covariances);
  if (model.covarianceType === 'diag') return nested(covariances, K, D);
  return model.covarianceType === 'tied' ? matrix(0) : Array.from({ length: K }, (_, k) => matrix(k));
};

export const copyModel = (model: Hmm): Hmm => ({
  ...model,
  start: model.start.slice(),
  transition: model.transition.slice(),
  means: model.means.slice(),
  covariances: model.covariances.slice(),
  ...(model.degreesOfFreedom ? { degreesOfFreedom: model.degreesOfFreedom.slice() } : {}),
});

/** The same model with its states in another order: new state i is old state `order[i]`. */
export const permuteStates = (model: Hmm, order: readonly number[]): Hmm => {
  const { nStates: K, nFeatures: D, covarianceType } = model;
  const perState = covarianceType === 'tied' ? 0 : model.covariances.length / K;
  const result = copyModel(model);
  order.forEach((from, to) => {
    result.start[to] = model.start[from]!;
    if (model.degreesOfFreedom) result.degreesOfFreedom![to] = model.degreesOfFreedom[from]!;
    order.forEach((other, k) => {
      result.transition[to * K + k] = model.transition[from * K + other]!;
    });
    result.means.set(model.means.subarray(from * D, (from + 1) * D), to * D);
    result.covariances.set(model.covariances.subarray(from * perState, (from + 1) * perState), to * perState);
  });
  return result;
};

/** Throws `InvalidModel`, naming what is wrong. */
export const validate = (model: Hmm): void => {
  const { nStates: K, nFeatures: D, covarianceType: type } = model;
  if (K < 1 || D < 1) invalid(`a model needs states and features, not K=${K}, D=${D}`);
  shape('start', model.start, K);
  shape('transition', model.transition, K * K);
  shape('means', model.means, K * D);
  shape('covariances', model.covariances, covarianceSize(type, K, D));
  if (model.degreesOfFreedom) {
    shape('degreesOfFreedom', model.degreesOfFreedom, K);
    if (!model.degreesOfFreedom.every((nu) => nu > 0)) invalid('degrees of freedom must be above 0');
  }
  distribution('start', model.start);
  for (let j = 0; j < K; j++)
    distribution(`transition row ${j}`, model.transition.subarray(j * K, (j + 1) * K));
  if (type === 'spherical' || type === 'diag') {
    if (!model.covariances.every((v) => v > 0)) invalid('a variance is not positive');
    return;
  }
  const scratch = new Float64Array(D * D);
  for (let at = 0; at < model.covariances.length; at += D * D) {
    symmetric(model.covariances.subarray(at, at + D * D), D);
    if (!cholesky(model.covariances, D, scratch, at)) invalid('a covariance matrix is not positive definite');
  }
};

const invalid = (what: string): never => {
  throw new HmmError('InvalidModel', what);
};

const shape = (name: string, values: Float64Array, length: number): void => {
  if (values.length !== length) invalid(`${name} holds ${values.length} numbers, not ${length}`);
  if (!values.every(Number.isFinite)) invalid(`${name} holds a number that is not finite`);
};

const distribution = (name: string, values: Float64Array): void => {
  const sum = values.reduce((a, b) => a + b, 0);
  if (values.some((p) => p < 0) || Math.abs(sum - 1) > 1e-6)
    invalid(`${name} is not a distribution (sum ${sum})`);
};

const symmetric = (a: Float64Array, n: number): void => {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const limit = 1e-9 * Math.sqrt(Math.abs(a[i * n + i]! * a[j * n + j]!));
      if (Math.abs(a[i * n + j]! - a[j * n + i]!) > limit) invalid('a covariance matrix is not symmetric');
    }
  }
};

type Nested = number | readonly Nested[];

/** null becomes NaN, not 0, and so is refused. */
const flat = (values: readonly Nested[]): Float64Array =>
  Float64Array.from((values as Nested[]).flat(3) as number[], (value) =>
    typeof value === 'number' ? value : Number.NaN,
  );

const numbers = (values: Float64Array): number[] => Array.from(values, (v) => (v === 0 ? 0 : v));

const nested = (values: Float64Array, rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, (_, i) => numbers(values.subarray(i * columns, (i + 1) * columns)));
