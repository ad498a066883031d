import { warmUpCandles } from '../../features/candle-features.ts';
import { type CandleColumns, sliceColumns } from '../../ledger/candle-columns.ts';
import type { CandleTail } from '../../registry/head-file.ts';

/** What the features of the next candle look back to, and as many rows as make a filter forget where it began. */
const tailCandles = warmUpCandles + 160;

export const tailOf = (columns: CandleColumns): CandleTail => {
  const from = Math.max(0, columns.openTimeMs.length - tailCandles);
  const { openTimeMs, open, high, low, close, volume } = sliceColumns(columns, from);
  return {
    openTimeMs: Array.from(openTimeMs),
    open: Array.from(open),
    high: Array.from(high),
    low: Array.from(low),
    close: Array.from(close),
    volume: Array.from(volume),
  };
};

/** The tail, or other candles, with later ones behind it. */
export const behindTail = (tail: CandleTail | CandleColumns, later: CandleColumns): CandleColumns => ({
  openTimeMs: joined(tail.openTimeMs, later.openTimeMs),
  open: joined(tail.open, later.open),
  high: joined(tail.high, later.high),
  low: joined(tail.low, later.low),
  close: joined(tail.close, later.close),
  volume: joined(tail.volume, later.volume),
});

const joined = (earlier: ArrayLike<number>, later: Float64Array): Float64Array => {
  const result = new Float64Array(earlier.length + later.length);
  result.set(earlier);
  result.set(later, earlier.length);
  return result;
};
