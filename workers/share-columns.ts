import type { CandleColumns } from '../ledger/candle-columns.ts';

const shared = (column: Float64Array): Float64Array => {
  const copy = new Float64Array(new SharedArrayBuffer(column.byteLength));
  copy.set(column);
  return copy;
};

/** The candles in memory that a thread can read without a copy of its own. */
export const shareColumns = ({
  openTimeMs,
  open,
  high,
  low,
  close,
  volume,
}: CandleColumns): CandleColumns => ({
  openTimeMs: shared(openTimeMs),
  open: shared(open),
  high: shared(high),
  low: shared(low),
  close: shared(close),
  volume: shared(volume),
});
