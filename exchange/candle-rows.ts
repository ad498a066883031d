import { canonicalDecimal } from './decimal.ts';
import { ExchangeError } from './errors.ts';
import type { Candle } from './exchange.ts';

/** A row as it came from outside: nothing about it is known yet. */
export type RawRow = readonly unknown[];

/** Which law of candles open, high, low, close and volume break; undefined when they break none. */
export const valuesProblem = (values: ArrayLike<number>): string | undefined => {
  const [open, high, low, close, volume] = values as unknown as [number, number, number, number, number];
  if (!(open > 0 && high > 0 && low > 0 && close > 0)) return 'has a price that is not above zero';
  if (!(volume >= 0)) return 'has a negative volume';
  if (high < Math.max(open, close, low)) return `has its high ${high} below its open, low or close`;
  if (low > Math.min(open, close)) return `has its low ${low} above its open or close`;
  return undefined;
};

/** Why a row cannot be a candle of this timeframe; undefined when it can. */
export const candleProblem = (candle: Candle, timeframeMs: number): string | undefined => {
  const [openTimeMs, ...cells] = candle;
  if (openTimeMs % timeframeMs !== 0) return `opens between two candles of ${timeframeMs} ms`;
  return valuesProblem(cells.map(Number));
};

const cell = (value: unknown): string => {
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new Error(`${String(value)} is not a number`);
  return canonicalDecimal(String(value).trim());
};

const openTimeOf = (value: unknown): number => {
  const openTimeMs = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof openTimeMs !== 'number' || !Number.isSafeInteger(openTimeMs) || openTimeMs < 0) {
    throw new Error(`${String(value)} is not an open time`);
  }
  return openTimeMs;
};

/** Reads one row into canonical text. Throws with the reason when it breaks a law of candles. */
export const readCandle = (row: RawRow, timeframeMs: number): Candle => {
  const candle: Candle = [
    openTimeOf(row[0]),
    cell(row[1]),
    cell(row[2]),
    cell(row[3]),
    cell(row[4]),
    cell(row[5]),
  ];
  const problem = candleProblem(candle, timeframeMs);
  if (problem) throw new Error(problem);
  return candle;
};

const readNamed = (row: RawRow, timeframeMs: number, where: string): Candle => {
  try {
    return readCandle(row, timeframeMs);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ExchangeError('BadCandle', `${where}: the candle ${JSON.stringify(row)} ${reason}`, {
      cause: error,
    });
  }
};

/**
 * Sorts by open time and keeps one candle of each: the last that was given, because a feed that repeats
 * a candle repeats it with more of its trades in it.
 */
export const sortedLatest = (candles: readonly Candle[]): Candle[] => {
  const byOpenTime = new Map(candles.map((candle) => [candle[0], candle]));
  return [...byOpenTime.values()].sort((a, b) => a[0] - b[0]);
};

/**
 * The closed candles of an answer, ascending, one of each open time.
 * The candle that is still forming is left out before it is judged: nothing about it is final.
 * Throws `ExchangeError` BadCandle naming the first row that breaks a law.
 */
export const closedCandles = (
  rows: readonly RawRow[],
  { timeframeMs, exchangeTimeMs, where }: { timeframeMs: number; exchangeTimeMs: number; where: string },
): Candle[] => {
  const forming = (row: RawRow) => typeof row[0] === 'number' && row[0] + timeframeMs > exchangeTimeMs;
  return sortedLatest(rows.filter((row) => !forming(row)).map((row) => readNamed(row, timeframeMs, where)));
};
