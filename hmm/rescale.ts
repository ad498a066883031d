import { pow, square } from '../numerics/elementary.ts';
import { copyModel, type Hmm } from './model.ts';
import type { FeatureScaler } from './scaler.ts';

/**
 * A model of features scaled by `from` as one of the same features scaled by `to`: the same density in natural units.
 * Spherical covariances cannot be rescaled feature by feature: they take the geometric mean of the factors.
 */
export const rescaleModel = (model: Hmm, from: FeatureScaler, to: FeatureScaler): Hmm => {
  const result = copyModel(model);
  const D = model.nFeatures;
  const factors = from.scale.map((scale, d) => scale / to.scale[d]!);
  for (let i = 0; i < result.means.length; i++) {
    const d = i % D;
    result.means[i] = (from.mean[d]! - to.mean[d]!) / to.scale[d]! + factors[d]! * model.means[i]!;
  }
  for (let i = 0; i < result.covariances.length; i++)
    result.covariances[i] = model.covariances[i]! * covarianceFactor(model, factors, i);
  return result;
};

const covarianceFactor = (
  { covarianceType, nFeatures: D }: Hmm,
  factors: readonly number[],
  i: number,
): number => {
  if (covarianceType === 'spherical')
    return pow(
      factors.reduce((a, b) => a * b, 1),
      2 / D,
    );
  if (covarianceType === 'diag') return square(factors[i % D]!);
  return factors[Math.floor(i / D) % D]! * factors[i % D]!;
};
