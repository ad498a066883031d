import { covarianceAt, type Hmm } from '../model.ts';
import type { FeatureScaler } from '../scaler.ts';

/**
 * What a state emits, as a Gaussian in the units of the features. A Student-t of ν degrees of freedom stands as the
 * Gaussian with the same centre whose scale matrix is 3ν / (3ν − 2) times as large: that has about the same median
 * radius (the median of F(D, ν) is that factor times the one of F(D, ∞), to first order), for any D, and unlike the
 * covariance it is finite for ν ≤ 2. Distances of such Gaussians are within 0.12 of the exact ones for ν of 3 and 5.
 */
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
  const wider = widening(hmm.degreesOfFreedom?.[k]);
  return Float64Array.from({ length: D * D }, (_, at) => {
    const [i, j] = [Math.floor(at / D), at % D];
    return wider * scale[i]! * scale[j]! * covarianceAt(hmm, k, i, j);
  });
};

const widening = (nu: number | undefined): number => (nu === undefined ? 1 : (3 * nu) / (3 * nu - 2));
