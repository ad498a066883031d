import { log } from '../numerics/elementary.ts';
import type { Observations } from './observations.ts';
import { featureMeans, pooledCovariance } from './statistics.ts';

/** Features are learned and served as (x − mean) / scale. */
export interface FeatureScaler {
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

/** Means and standard deviations of complete rows; a column that does not vary is only shifted (scale 1). */
export const fitScaler = (data: Observations): FeatureScaler => {
  const D = data.nFeatures;
  const mean = featureMeans(data);
  const covariance = pooledCovariance(data, mean);
  const scale = Array.from(mean, (centre, d) => {
    const deviation = Math.sqrt(covariance[d * D + d]!);
    return deviation > 1e-12 * Math.abs(centre) && deviation > 1e-150 ? deviation : 1;
  });
  return { mean: Array.from(mean, (m) => (m === 0 ? 0 : m)), scale };
};

/** Scaled copy of rows [n·D]; NaN stays NaN. */
export const scaleRows = ({ mean, scale }: FeatureScaler, rows: Float64Array): Float64Array => {
  const D = mean.length;
  return rows.map((x, i) => (x - mean[i % D]!) / scale[i % D]!);
};

/** The rows in natural units again. */
export const unscaleRows = ({ mean, scale }: FeatureScaler, rows: Float64Array): Float64Array => {
  const D = mean.length;
  return rows.map((x, i) => mean[i % D]! + scale[i % D]! * x);
};

/** What a log-likelihood in scaled units lacks to be one in the units of the features: −Σ ln scale. */
export const logJacobian = ({ scale }: FeatureScaler): number => -scale.reduce((sum, s) => sum + log(s), 0);
