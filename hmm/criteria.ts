import { log } from '../numerics/elementary.ts';
import type { Hmm } from './model.ts';

/** Free parameters: starts, transitions, means, covariances, and degrees of freedom where there are any. */
export const parameterCount = ({
  covarianceType,
  nStates: K,
  nFeatures: D,
  degreesOfFreedom,
}: Hmm): number => {
  const matrix = (D * (D + 1)) / 2;
  const covariances = { spherical: K, diag: K * D, tied: matrix, full: K * matrix }[covarianceType];
  return K - 1 + K * (K - 1) + K * D + covariances + (degreesOfFreedom ? K : 0);
};

export const aic = (model: Hmm, logLikelihood: number): number =>
  -2 * logLikelihood + 2 * parameterCount(model);

export const bic = (model: Hmm, logLikelihood: number, rows: number): number =>
  -2 * logLikelihood + parameterCount(model) * log(rows);
