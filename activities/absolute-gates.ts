import { stationaryDistribution } from '../hmm/forecast.ts';
import { posteriors } from '../hmm/inference.ts';
import type { Hmm } from '../hmm/model.ts';
import type { Observations } from '../hmm/observations.ts';
import { cholesky } from '../numerics/cholesky.ts';
import type { GateCheck } from '../registry/gate.ts';

/** Each state must hold this share of the rows it was fitted on. */
const leastOccupancy = 0.005;
/** No direction of a state may be narrower than this variance, the pooled features having variance 1. */
const leastVariance = 1e-5;

/** What every model must hold, whatever it is compared with. `scores`: its held-out log-likelihoods. */
export const absoluteGates = (model: Hmm, trainingRows: Observations, scores: Float64Array): GateCheck[] =>
  modelGates(model, smallestOccupancy(model, trainingRows), scores);

/** The same where the share of the rarest state in the training rows is known already. */
export const modelGates = (model: Hmm, smallestShare: number, scores: Float64Array): GateCheck[] => {
  const numbers = [model.start, model.transition, model.means, model.covariances, scores];
  const notFinite = numbers.reduce(
    (count, values) => count + values.filter((v) => !Number.isFinite(v)).length,
    0,
  );
  return [
    { name: 'numbers that are not finite', pass: notFinite === 0, value: notFinite, limit: 0 },
    least('smallest share of a state', smallestShare, leastOccupancy),
    least('smallest stationary probability', Math.min(...stationaryDistribution(model)), leastOccupancy / 10),
    least('smallest variance of a state', smallestVariance(model), leastVariance),
  ];
};

const least = (name: string, value: number, limit: number): GateCheck => ({
  name,
  pass: value >= limit,
  value,
  limit,
});

const smallestOccupancy = (model: Hmm, data: Observations): number => {
  const { nStates: K } = model;
  const { gamma } = posteriors(model, data);
  const shares = new Float64Array(K);
  gamma.forEach((p, i) => {
    shares[i % K] = shares[i % K]! + p;
  });
  return (Math.min(...shares) * K) / gamma.length;
};

/** Diagonal: the variances; matrices: the conditional variances, which are the squared pivots of the Cholesky factor. */
const smallestVariance = (model: Hmm): number => {
  const { nStates: K, nFeatures: D, covariances } = model;
  if (model.covarianceType === 'diag' || model.covarianceType === 'spherical')
    return Math.min(...covariances);
  const factor = new Float64Array(D * D);
  let smallest = Number.POSITIVE_INFINITY;
  for (let k = 0; k < (model.covarianceType === 'tied' ? 1 : K); k++) {
    if (!cholesky(covariances, D, factor, k * D * D)) return 0;
    for (let d = 0; d < D; d++) smallest = Math.min(smallest, factor[d * D + d]! ** 2);
  }
  return smallest;
};
