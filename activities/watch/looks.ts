/** A later look needs so much more evidence than the last: looks spend error, and there shall be few. */
const growth = 1.25;

/** Evidence from longer ago says little about today. */
export const mostCandles = 20_000;

/** How many later candles the next look at a promotion needs; undefined: there is none any more. */
export const nextLookAt = (lastCandles: number, minCandles: number): number | undefined =>
  lastCandles >= mostCandles ? undefined : Math.max(minCandles, Math.ceil(lastCandles * growth));
