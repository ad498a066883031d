import { log, log1p, square } from '../numerics/elementary.ts';
/** Candles of one series by column, open times ascending and unique. */
export interface CandleColumns {
  readonly openTimeMs: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

export interface FeatureRows {
  /** [n·D], row-major; NaN = cannot be computed. */
  readonly rows: Float64Array;
  readonly openTimeMs: Float64Array;
  /** Index of the first row of each sequence. */
  readonly sequenceStarts: number[];
  readonly names: readonly string[];
}

export const featureSet = 'candles-4/1';
/** The features of the set, in order. */
export const featureNames = ['logret', 'rvol', 'range', 'volz'] as const;
/** Candles at the start of a sequence that give no complete row. */
export const warmUpCandles = 96;
/** More missing candles in a row than this start a new sequence. */
export const longestGap = 3;
const volatilityWindow = 24;
/** Added before the logarithm, so that a flat candle is a small number and not −∞: one basis point. */
const smallest = 1e-4;

/**
 * One row for each candle, from that candle and earlier ones only. Each window is summed afresh, so a row is the same
 * bits however long the history before it is: training on years and serving from a few hundred candles agree.
 *
 * logret = ln(c / c₋₁); rvol = ln(√(mean of the last 24 logret²) + 1e-4);
 * range = ln(√(ln(h/l)² / (4 ln 2)) + 1e-4) (Parkinson 1980); volz = z-score of ln(1 + v) among the last 96, its
 * standard deviation (population) at least 0.01.
 */
export const candleFeatures = (
  columns: CandleColumns,
  { timeframeMs }: { timeframeMs: number },
): FeatureRows => {
  const n = columns.openTimeMs.length;
  const sequenceStarts = findSequences(columns.openTimeMs, timeframeMs);
  const logret = logReturns(columns.close, sequenceStarts);
  const logVolume = columns.volume.map((v) => log1p(v));
  const rows = new Float64Array(n * featureNames.length);
  sequenceStarts.forEach((from, s) => {
    for (let t = from; t < (sequenceStarts[s + 1] ?? n); t++) {
      const age = t - from;
      rows[t * 4] = logret[t]!;
      rows[t * 4 + 1] = age >= volatilityWindow ? realisedVolatility(logret, t) : Number.NaN;
      rows[t * 4 + 2] = parkinsonRange(columns.high[t]!, columns.low[t]!);
      rows[t * 4 + 3] = age >= warmUpCandles ? zScore(logVolume, t) : Number.NaN;
    }
  });
  return { rows, openTimeMs: columns.openTimeMs, sequenceStarts, names: featureNames };
};

/** The rows without a missing value, each sequence without its warm-up; a row that is missing inside cuts a sequence. */
export const completeRows = ({ rows, openTimeMs, sequenceStarts, names }: FeatureRows): FeatureRows => {
  const D = names.length;
  const starts = new Set(sequenceStarts);
  const kept: number[] = [];
  const keptStarts: number[] = [];
  let isCut = true;
  for (let t = 0; t < openTimeMs.length; t++) {
    isCut ||= starts.has(t);
    if (!rows.subarray(t * D, (t + 1) * D).every(Number.isFinite)) isCut = true;
    else {
      if (isCut) keptStarts.push(kept.length);
      isCut = false;
      kept.push(t);
    }
  }
  const complete = new Float64Array(kept.length * D);
  kept.forEach((t, i) => {
    complete.set(rows.subarray(t * D, (t + 1) * D), i * D);
  });
  return {
    rows: complete,
    openTimeMs: Float64Array.from(kept, (t) => openTimeMs[t]!),
    sequenceStarts: keptStarts,
    names,
  };
};

/** ln √(mean of the last 24 squared returns, the one at `t` included), one basis point added before the logarithm. */
export const realisedVolatility = (logret: Float64Array, t: number): number => {
  let sum = 0;
  for (let i = t - volatilityWindow + 1; i <= t; i++) sum += logret[i]! * logret[i]!;
  return log(Math.sqrt(sum / volatilityWindow) + smallest);
};

/** Returns that `realisedVolatility` needs. */
export const returnsForVolatility = volatilityWindow;

const findSequences = (openTimeMs: Float64Array, timeframeMs: number): number[] => {
  const starts: number[] = [];
  for (let t = 0; t < openTimeMs.length; t++) {
    const step = t === 0 ? Number.POSITIVE_INFINITY : openTimeMs[t]! - openTimeMs[t - 1]!;
    if (!(step > 0))
      throw new RangeError(`candle ${t}: open times must ascend (${openTimeMs[t - 1]}, ${openTimeMs[t]})`);
    if (step / timeframeMs - 1 > longestGap) starts.push(t);
  }
  return starts;
};

const logReturns = (close: Float64Array, sequenceStarts: readonly number[]): Float64Array => {
  const result = close.map((c, t) => (t > 0 ? log(c / close[t - 1]!) : Number.NaN));
  for (const start of sequenceStarts) result[start] = Number.NaN;
  return result;
};

const parkinsonRange = (high: number, low: number): number =>
  log(Math.sqrt(square(log(high / low)) / (4 * Math.LN2)) + smallest);

const zScore = (values: Float64Array, t: number): number => {
  const from = t - warmUpCandles + 1;
  let sum = 0;
  for (let i = from; i <= t; i++) sum += values[i]!;
  const mean = sum / warmUpCandles;
  let squares = 0;
  for (let i = from; i <= t; i++) squares += square(values[i]! - mean);
  return (values[t]! - mean) / Math.max(Math.sqrt(squares / warmUpCandles), 1e-2);
};
