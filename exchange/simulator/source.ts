import type { Timeframe } from '../../series.ts';
import type { Candle } from '../exchange.ts';

/** One market of the simulated exchange, as it writes it: `BTCUSDT`. */
export interface SimSymbol {
  readonly id: string;
  readonly base: string;
  readonly quote: string;
  /** Digits behind the point of a price and of a volume: the tick and step sizes. */
  readonly priceDecimals: number;
  readonly volumeDecimals: number;
}

/** Which candles: those that open in [fromMs, toMs], both ends included. */
export interface CandleRange {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
  /** Which end of the range is kept when it holds more than `limit`. */
  readonly keep: 'first' | 'last';
}

/** Where the simulator's candles come from. It knows the final candles; the server hides what has not happened yet. */
export interface CandleSource {
  readonly symbols: readonly SimSymbol[];
  /** Where the clock starts, epoch ms. */
  readonly startMs: number;
  /** Open time of the oldest candle, and the close of the newest (Infinity when it never ends). */
  readonly firstMs: number;
  readonly endMs: number;
  /** Ascending, whole candles, canonical decimals; none for a symbol or timeframe that it cannot make. */
  candles(range: CandleRange): readonly Candle[];
}

/** First index whose open time is >= `timeMs`. */
export const lowerBound = (length: number, openTimeAt: (index: number) => number, timeMs: number): number => {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (openTimeAt(middle) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The index range [from, to) that a request selects out of ascending candles. */
export const selectRange = (
  length: number,
  openTimeAt: (index: number) => number,
  { fromMs, toMs, limit, keep }: Pick<CandleRange, 'fromMs' | 'toMs' | 'limit' | 'keep'>,
): [from: number, to: number] => {
  const from = lowerBound(length, openTimeAt, fromMs);
  const to = Math.max(from, lowerBound(length, openTimeAt, toMs + 1));
  return keep === 'first' ? [from, Math.min(to, from + limit)] : [Math.max(from, to - limit), to];
};
