import { createRandom, type Random } from '../numerics/random.ts';
import { meanOf } from './rolling.ts';

/** Mean of dependent values and its two-sided interval. */
export interface BootstrapInterval {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
  readonly standardError: number;
  /** Mean length of the resampled blocks, in values. */
  readonly blockLength: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  readonly resamples?: number;
  /** Outside of the interval, both sides together. */
  readonly alpha?: number;
  readonly blockLength?: number;
}

/**
 * Stationary bootstrap of the mean (Politis & Romano 1994): blocks of geometric length from a circle, so that dependence
 * within a block stays; the automatic length is at least n^(1/3). Sums of blocks come from prefix sums: a resample costs n / blockLength draws. Throws a
 * `RangeError` below 2 values.
 */
export const bootstrapMean = (
  values: Float64Array,
  {
    seed,
    resamples = 1000,
    alpha = 0.05,
    blockLength = Math.max(automaticBlockLength(values), Math.cbrt(values.length)),
  }: BootstrapOptions,
): BootstrapInterval => {
  if (values.length < 2) throw new RangeError(`${values.length} values: an interval needs 2 or more`);
  const random = createRandom(seed);
  const sums = prefixSums(values);
  const means = Float64Array.from(
    { length: resamples },
    () => resampledSum(sums, blockLength, random) / values.length,
  ).sort();
  const at = (p: number): number => means[Math.min(resamples - 1, Math.floor(p * resamples))]!;
  const centre = meanOf(means);
  const standardError = Math.sqrt(meanOf(means.map((value) => (value - centre) ** 2)));
  return { mean: meanOf(values), lower: at(alpha / 2), upper: at(1 - alpha / 2), standardError, blockLength };
};

/**
 * Block length that suits the mean under the stationary bootstrap (Politis & White 2004, with the constant of Patton,
 * Politis & White 2009): (2 G² / D)^(1/3) n^(1/3), autocovariances cut by a flat-top window where they have died out.
 */
export const automaticBlockLength = (values: Float64Array): number => {
  const n = values.length;
  const most = Math.max(1, Math.min(Math.ceil(3 * Math.sqrt(n)), Math.floor(n / 3)));
  const acv = autocovariances(values, Math.min(n - 1, 2 * lastLag(n)));
  const reach = 2 * firstQuietLag(acv, n);
  let [g, spectrum] = [0, acv[0]!];
  for (let lag = 1; lag <= Math.min(reach, acv.length - 1); lag++) {
    const weight = Math.min(1, 2 * (1 - lag / reach));
    g += 2 * weight * lag * acv[lag]!;
    spectrum += 2 * weight * acv[lag]!;
  }
  const length = ((g * g) / (spectrum * spectrum)) ** (1 / 3) * n ** (1 / 3);
  return Number.isFinite(length) ? Math.min(most, Math.max(1, length)) : 1;
};

const lastLag = (n: number): number => Math.ceil(Math.sqrt(n)) + runLength(n);

const runLength = (n: number): number => Math.max(5, Math.ceil(Math.sqrt(Math.log10(n))));

/** The first lag after which `runLength` autocorrelations in a row are within noise. */
const firstQuietLag = (acv: Float64Array, n: number): number => {
  const noise = 2 * Math.sqrt(Math.log10(n) / n) * acv[0]!;
  let quiet = 0;
  for (let lag = 1; lag < acv.length; lag++) {
    quiet = Math.abs(acv[lag]!) < noise ? quiet + 1 : 0;
    if (quiet === runLength(n)) return Math.max(1, lag - quiet);
  }
  return Math.max(1, Math.floor((acv.length - 1) / 2));
};

const autocovariances = (values: Float64Array, lags: number): Float64Array => {
  const centre = meanOf(values);
  return Float64Array.from({ length: lags + 1 }, (_, lag) => {
    let sum = 0;
    for (let t = lag; t < values.length; t++) sum += (values[t]! - centre) * (values[t - lag]! - centre);
    return sum / values.length;
  });
};

/** [2n + 1]: of the values twice over, so that a block may run over the end. */
const prefixSums = (values: Float64Array): Float64Array => {
  const n = values.length;
  const sums = new Float64Array(2 * n + 1);
  for (let t = 0; t < 2 * n; t++) sums[t + 1] = sums[t]! + values[t % n]!;
  return sums;
};

const resampledSum = (sums: Float64Array, blockLength: number, random: Random): number => {
  const n = (sums.length - 1) / 2;
  const stay = Math.log(1 - 1 / Math.max(blockLength, 1 + 1e-9));
  let [sum, left] = [0, n];
  while (left > 0) {
    const from = random.integer(n);
    const length = Math.min(left, 1 + Math.floor(Math.log(1 - random.uniform()) / stay));
    sum += sums[from + length]! - sums[from]!;
    left -= length;
  }
  return sum;
};
