import { inverseNormalCdf } from '../numerics/inverse-normal.ts';

/** The promotion rule: pure, so that it can be tested on simulated histories. */
export interface GateOptions {
  /** Error of the whole series of looks at one champion, one-sided. */
  readonly alpha: number;
  /** Nats per candle that the lower bound must exceed. */
  readonly minDelta: number;
  readonly minCandles: number;
  /** Which comparison with this champion it is, from 1. */
  readonly look: number;
}

export interface GateCheck {
  readonly name: string;
  readonly pass: boolean;
  readonly value: number;
  readonly limit: number;
}

/** Means per candle in nats; `alpha` is what this look may spend. */
export interface PairedComparison {
  readonly n: number;
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
  readonly alpha: number;
  readonly look: number;
  readonly candidate: number;
  readonly champion: number;
}

export interface GateResult {
  readonly decision: 'pass' | 'refuse' | 'insufficient';
  readonly reason: string;
  readonly checks: readonly GateCheck[];
  readonly paired?: PairedComparison;
}

/**
 * α of look j: α · 6 / (π² j²). The looks sum to α (Bonferroni over a convergent series), so the chance that a champion
 * is ever replaced without cause stays below α however often one looks and however the looks depend on each other.
 */
export const alphaOfLook = (alpha: number, look: number): number => (alpha * 6) / (Math.PI * look) ** 2;

/** Compares the log-likelihoods of the same candles, in time order. Throws a RangeError when they differ in number. */
export const compare = (
  candidate: Float64Array,
  champion: Float64Array,
  options: GateOptions,
): PairedComparison => {
  if (candidate.length !== champion.length) {
    throw new RangeError(`${candidate.length} scores of the candidate, ${champion.length} of the champion`);
  }
  return compareBlocks(
    {
      candles: candidate.length,
      candidate: mean(candidate),
      champion: mean(champion),
      difference: mean(candidate.map((value, t) => value - champion[t]!)),
      blocks: candidate.map((value, t) => value - champion[t]!),
    },
    options,
  );
};

/** The same candles under candidate and champion, summed up. Means per candle in nats. */
export interface BlockScores {
  readonly candles: number;
  readonly candidate: number;
  readonly champion: number;
  readonly difference: number;
  /** Mean differences of blocks of equal length, in time order; a last block that is not complete is left out. */
  readonly blocks: Float64Array;
}

/** The bound of the mean is found from the means of blocks: of one candle, or of more where there are very many. */
export const compareBlocks = (scores: BlockScores, options: GateOptions): PairedComparison => {
  const { candles, candidate, champion, difference, blocks } = scores;
  const alpha = alphaOfLook(options.alpha, options.look);
  const centre = mean(blocks);
  const margin = marginOfMean(
    blocks.map((value) => value - centre),
    alpha,
  );
  return {
    n: candles,
    difference,
    lower: difference - margin,
    upper: difference + margin,
    alpha,
    look: options.look,
    candidate,
    champion,
  };
};

/** Without a champion the checks alone decide. Numbers that are not finite never pass. */
export const decide = (
  checks: readonly GateCheck[],
  paired: PairedComparison | undefined,
  options: GateOptions,
): GateResult => {
  const failed = checks.filter(({ pass }) => !pass);
  const rest = paired && isFinitePair(paired) ? { checks, paired } : { checks };
  if (failed.length > 0) {
    const reason = failed
      .map(({ name, value, limit }) => `${name}: ${round(value)}, needed ${round(limit)}`)
      .join('; ');
    return { decision: 'refuse', reason, ...rest };
  }
  if (!paired) return { decision: 'pass', reason: 'first model: absolute gates only', ...rest };
  return { ...judge(paired, options), ...rest };
};

const judge = (
  paired: PairedComparison,
  { minCandles, minDelta }: GateOptions,
): Pick<GateResult, 'decision' | 'reason'> => {
  const { n, difference, lower, upper } = paired;
  if (n < minCandles) {
    const reason = `insufficient evidence: ${n} candles later than the champion's training, ${minCandles} needed`;
    return { decision: 'insufficient', reason };
  }
  if (!isFinitePair(paired)) {
    return { decision: 'refuse', reason: 'the log-likelihoods of the comparison are not finite' };
  }
  const evidence = `difference ${round(difference)} nats/candle, bounds ${round(lower)} to ${round(upper)}, ${n} candles`;
  if (lower > minDelta) return { decision: 'pass', reason: `better than the champion: ${evidence}` };
  return { decision: 'refuse', reason: `not surely better than the champion by ${minDelta}: ${evidence}` };
};

/** JSON has no other numbers, so others are told in words only. */
const isFinitePair = ({ difference, lower, upper }: PairedComparison): boolean =>
  [difference, lower, upper].every(Number.isFinite);

/**
 * Margin of the mean of centred, dependent values: Newey & West (1987) with the Bartlett kernel, once as they are and
 * once after an autoregression of order 1 was taken out (Andrews & Monahan 1992), which long memory needs; the wider
 * counts. The estimate has few degrees of freedom when the kernel is wide, so Student's quantile is taken.
 */
const marginOfMean = (centred: Float64Array, alpha: number): number => {
  const n = centred.length;
  if (n < 3) return Number.POSITIVE_INFINITY;
  const rho = autocorrelation(centred);
  const whitened = centred.subarray(1).map((value, t) => value - rho * centred[t]!);
  const plain = longRunVariance(centred);
  const coloured = longRunVariance(whitened) / (1 - rho) ** 2;
  const bandwidth = automaticBandwidth(n, rho);
  return studentQuantile(1 - alpha, (1.5 * n) / bandwidth) * Math.sqrt(Math.max(plain, coloured) / n);
};

const longRunVariance = (centred: Float64Array): number => {
  const n = centred.length;
  const bandwidth = automaticBandwidth(n, autocorrelation(centred));
  let variance = autocovariance(centred, 0);
  for (let lag = 1; lag < Math.min(bandwidth, n); lag++) {
    variance += 2 * (1 - lag / bandwidth) * autocovariance(centred, lag);
  }
  return variance;
};

/** Andrews (1991, eq. 6.4), never below Newey & West's own 4 (n/100)^(2/9). */
const automaticBandwidth = (n: number, rho: number): number => {
  const rule = 4 * (n / 100) ** (2 / 9);
  const andrews = 1.1447 * (((4 * rho ** 2) / (1 - rho ** 2) ** 2) * n) ** (1 / 3);
  return Math.min(Math.max(rule, andrews), n / 3) + 1;
};

/** Of order 1, its downward bias in short series corrected (Kendall 1954), away from the unit root. */
const autocorrelation = (centred: Float64Array): number => {
  const spread = autocovariance(centred, 0);
  if (!(spread > 0)) return 0;
  const rho = autocovariance(centred, 1) / spread;
  return Math.min(0.98, Math.max(-0.98, rho + (1 + 3 * rho) / centred.length));
};

const autocovariance = (centred: Float64Array, lag: number): number => {
  let sum = 0;
  for (let t = lag; t < centred.length; t++) sum += centred[t]! * centred[t - lag]!;
  return sum / centred.length;
};

/** Cornish–Fisher expansion of Student's t (Abramowitz & Stegun 26.7.5); good to 0.1 % from 5 degrees of freedom. */
const studentQuantile = (p: number, freedom: number): number => {
  const z = inverseNormalCdf(p);
  const nu = Math.max(freedom, 3);
  const g1 = (z ** 3 + z) / 4;
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + g1 / nu + g2 / nu ** 2 + g3 / nu ** 3;
};

const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;

const round = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
