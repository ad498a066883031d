import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { CandleColumns } from '../features/candle-features.ts';

/** Recorded hours [from, to), counted from the end of June 2024. */
export const recordedHours = (
  symbol: 'BTCUSDT' | 'ETHUSDT' | 'SOLUSDT',
  from: number,
  to = 0,
): CandleColumns => {
  const file = new URL(`../../shared/data/candles/binance_${symbol}_1h.csv.gz`, import.meta.url);
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n').slice(1);
  const rows = lines.slice(lines.length - from, lines.length - to).map((line) => line.split(',').map(Number));
  const column = (at: number) => Float64Array.from(rows, (row) => row[at]!);
  return {
    openTimeMs: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  };
};
