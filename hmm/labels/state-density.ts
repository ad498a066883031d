import type { Hmm } from '../model.ts';
import type { FeatureScaler } from '../scaler.ts';

/** What a state emits, as a Gaussian in the units of the features. */
export interface StateDensity {
  /** [D] */
  readonly mean: Float64Array;
  /** [D·D], symmetric positive definite. */
  readonly covariance: Float64Array;
}

/** A model and the scaler whose features it knows: two models compare only in the units of the features. */
export interface ScaledModel {
  readonly hmm: Hmm;
  readonly scaler: FeatureScaler;
}

/** The emission of each state in the units of the features. [K] */
export const stateDensities = ({ hmm, scaler }: ScaledModel): StateDensity[] =>
  Array.from({ length: hmm.nStates }, (_, k) => ({
    mean: Float64Array.from(
      scaler.mean,
      (centre, d) => centre + scaler.scale[d]! * hmm.means[k * hmm.nFeatures + d]!,
    ),
    covariance: unscaledCovariance(hmm, scaler, k),
  }));

const unscaledCovariance = (hmm: Hmm, { scale }: FeatureScaler, k: number): Float64Array => {
  const D = hmm.nFeatures;
  return Float64Array.from({ length: D * D }, (_, at) => {
    const [i, j] = [Math.floor(at / D), at % D];
    return scale[i]! * scale[j]! * covarianceAt(hmm, k, i, j);
  });
};

const covarianceAt = (
  { covarianceType, covariances, nFeatures: D }: Hmm,
  k: number,
  i: number,
  j: number,
): number => {
  if (covarianceType === 'tied') return covariances[i * D + j]!;
  if (covarianceType === 'full') return covariances[(k * D + i) * D + j]!;
  if (i !== j) return 0;
  return covariances[covarianceType === 'spherical' ? k : k * D + i]!;
};
