import type { Random } from '../numerics/random.ts';
import { type Observations, rowCount } from './observations.ts';
import { featureMeans } from './statistics.ts';

/** At most so many rows, evenly spread, are clustered: starts need not be exact. */
const mostRows = 4000;

export interface Clusters {
  /** [K·D] */
  readonly centres: Float64Array;
  /** [T]: the nearest centre of every row. */
  readonly labels: Int32Array;
}

/**
 * k-means++ (Arthur & Vassilvitskii 2007), distances in units of `scale` [D] over the features that are there.
 * A cluster that loses its rows keeps its centre.
 */
export const kMeans = (
  data: Observations,
  K: number,
  scale: Float64Array,
  random: Random,
  rounds = 20,
): Clusters => {
  const sample = scaledSample(data, scale);
  const centres = seedCentres(sample, K, random);
  const labels = new Int32Array(rowCount(sample));
  for (let round = 0; round < rounds; round++) {
    const changed = assign(sample, centres, labels, K);
    if (!changed && round > 0) break;
    moveCentres(sample, centres, labels, K);
  }
  const all = new Int32Array(rowCount(data));
  const unscaled = centres.map((value, i) => value * scale[i % data.nFeatures]!);
  assign(scaledSample(data, scale, Number.POSITIVE_INFINITY), centres, all, K);
  return { centres: unscaled, labels: all };
};

const scaledSample = (data: Observations, scale: Float64Array, most = mostRows): Observations => {
  const { rows, nFeatures: D } = data;
  const stride = Math.max(1, Math.ceil(rowCount(data) / most));
  const count = Math.ceil(rowCount(data) / stride);
  const sample = Float64Array.from(
    { length: count * D },
    (_, i) => rows[Math.floor(i / D) * stride * D + (i % D)]! / scale[i % D]!,
  );
  return { rows: sample, nFeatures: D, sequenceStarts: [0] };
};

/** The first centre uniformly, each next one with probability in proportion to its squared distance. */
const seedCentres = (sample: Observations, K: number, random: Random): Float64Array => {
  const { rows, nFeatures: D } = sample;
  const T = rowCount(sample);
  const middle = featureMeans(sample);
  const centres = new Float64Array(K * D);
  const nearest = new Float64Array(T).fill(Infinity);
  let chosen = random.integer(T);
  for (let k = 0; k < K; k++) {
    for (let d = 0; d < D; d++) {
      const x = rows[chosen * D + d]!;
      centres[k * D + d] = Number.isNaN(x) ? middle[d]! : x;
    }
    let total = 0;
    for (let t = 0; t < T; t++) {
      nearest[t] = Math.min(nearest[t]!, squaredDistance(rows, t * D, centres, k * D, D));
      total += nearest[t]!;
    }
    chosen = draw(nearest, random.uniform() * total, random, T);
  }
  return centres;
};

const draw = (weights: Float64Array, target: number, random: Random, T: number): number => {
  let sum = 0;
  for (let t = 0; t < T; t++) {
    sum += weights[t]!;
    if (sum > target) return t;
  }
  return random.integer(T);
};

const assign = (sample: Observations, centres: Float64Array, labels: Int32Array, K: number): boolean => {
  const { rows, nFeatures: D } = sample;
  let changed = false;
  for (let t = 0; t < labels.length; t++) {
    let best = 0;
    let least = Infinity;
    for (let k = 0; k < K; k++) {
      const distance = squaredDistance(rows, t * D, centres, k * D, D);
      if (distance < least) [best, least] = [k, distance];
    }
    changed ||= labels[t] !== best;
    labels[t] = best;
  }
  return changed;
};

const moveCentres = (
  { rows, nFeatures: D }: Observations,
  centres: Float64Array,
  labels: Int32Array,
  K: number,
): void => {
  const sums = new Float64Array(K * D);
  const counts = new Float64Array(K * D);
  labels.forEach((k, t) => {
    for (let d = 0; d < D; d++) {
      const x = rows[t * D + d]!;
      if (Number.isNaN(x)) continue;
      counts[k * D + d] = counts[k * D + d]! + 1;
      sums[k * D + d] = sums[k * D + d]! + x;
    }
  });
  for (let i = 0; i < K * D; i++) if (counts[i]! > 0) centres[i] = sums[i]! / counts[i]!;
};

const squaredDistance = (a: Float64Array, aAt: number, b: Float64Array, bAt: number, D: number): number => {
  let sum = 0;
  for (let d = 0; d < D; d++) {
    const difference = a[aAt + d]! - b[bAt + d]!;
    if (!Number.isNaN(difference)) sum += difference * difference;
  }
  return sum;
};
