import { covarianceAt, type Hmm } from '../model.ts';
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
  const stretch = varianceFactor(hmm.degreesOfFreedom?.[k]);
  return Float64Array.from({ length: D * D }, (_, at) => {
    const [i, j] = [Math.floor(at / D), at % D];
    return stretch * scale[i]! * scale[j]! * covarianceAt(hmm, k, i, j);
  });
};

/** Covariance over scale matrix: ν / (ν − 2) of Student-t emissions, which have none below ν = 2. */
const varianceFactor = (nu: number | undefined): number => (nu !== undefined && nu > 2 ? nu / (nu - 2) : 1);
