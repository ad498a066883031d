/** A candle that may be real and looks as if it were not. */
export interface Outlier {
  readonly line: number;
  readonly openTimeMs: number;
  readonly reason: string;
}

/** How far a price may be from the middle of its surroundings before it is named: a factor, up or down. */
export const outlierFactor = 2;

/** The candle and as many before and after it. */
const reach = 5;

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

const isNear = (high: number, low: number, middle: number): boolean =>
  high <= middle * outlierFactor && low >= middle / outlierFactor;

interface Prices {
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
}

/**
 * Indexes of the candles with a price of more than twice, or less than half, the median close of the eleven candles
 * around. Most candles are near the one before, which is looked at first; it must not be an outlier itself.
 */
export const outlierIndexes = ({ high, low, close }: Prices): { at: number; middle: number }[] => {
  const found: { at: number; middle: number }[] = [];
  let trusted = Number.NaN;
  for (let at = 0; at < close.length; at += 1) {
    if (!isNear(high[at]!, low[at]!, trusted)) {
      const middle = median([...close.subarray(Math.max(0, at - reach), at + reach + 1)]);
      if (!isNear(high[at]!, low[at]!, middle)) {
        found.push({ at, middle });
        continue;
      }
    }
    trusted = close[at]!;
  }
  return found;
};
