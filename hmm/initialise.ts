import { square } from '../numerics/elementary.ts';
import type { Random } from '../numerics/random.ts';
import { type Emission, withEmission } from './given-start.ts';
import { kMeans } from './k-means.ts';
import { maximise } from './m-step.ts';
import { type CovarianceType, covarianceSize, type Hmm } from './model.ts';
import type { Observations } from './observations.ts';
import type { Prior } from './prior.ts';
import { accumulate, createStatistics } from './statistics.ts';

/** Standard deviations by which a start is moved. */
const nudge = 0.1;

/**
 * A start for EM: k-means++ clusters taken as if they were the states, then one M-step on them, so that the prior holds
 * from the beginning, then a nudge: k-means often ends in the same clusters, and equal starts would be one restart.
 * `scale` [D]: standard deviations of the features.
 */
export const initialise = (
  data: Observations,
  shape: { nStates: number; covarianceType: CovarianceType; emission: Emission },
  prior: Prior,
  centre: Float64Array,
  scale: Float64Array,
  random: Random,
): Hmm => {
  const { nStates: K } = shape;
  const { centres, labels } = kMeans(data, K, scale, random);
  const model = blank(shape.covarianceType, centres, scale);
  const statistics = createStatistics(K, centre);
  const gamma = new Float64Array(labels.length * K);
  labels.forEach((k, t) => {
    gamma[t * K + k] = 1;
  });
  countTransitions(labels, data.sequenceStarts, statistics.transitions, K);
  accumulate(model, data, { gamma }, statistics);
  maximise(model, statistics, prior);
  for (let i = 0; i < model.means.length; i++) {
    model.means[i] = model.means[i]! + nudge * scale[i % data.nFeatures]! * random.normal();
  }
  return withEmission(model, shape.emission);
};

/** Probabilities positive, so that the M-step may move them; what is missing is taken as its cluster's centre. */
const blank = (covarianceType: CovarianceType, centres: Float64Array, scale: Float64Array): Hmm => {
  const D = scale.length;
  const K = centres.length / D;
  const covariances = new Float64Array(covarianceSize(covarianceType, K, D));
  const isMatrix = covarianceType === 'tied' || covarianceType === 'full';
  for (let i = 0; i < covariances.length; i++) {
    const d = isMatrix ? i % (D * D) : (i % D) * (D + 1);
    if (covarianceType === 'spherical') covariances[i] = scale.reduce((sum, s) => sum + s * s, 0) / D;
    else if (d % (D + 1) === 0) covariances[i] = square(scale[d / (D + 1)]!);
  }
  return {
    covarianceType,
    nStates: K,
    nFeatures: D,
    start: new Float64Array(K).fill(1 / K),
    transition: new Float64Array(K * K).fill(1 / K),
    means: centres.slice(),
    covariances,
  };
};

const countTransitions = (
  labels: Int32Array,
  starts: readonly number[],
  counts: Float64Array,
  K: number,
): void => {
  const isStart = new Set(starts);
  for (let t = 1; t < labels.length; t++) {
    const at = labels[t - 1]! * K + labels[t]!;
    if (!isStart.has(t)) counts[at] = counts[at]! + 1;
  }
};
