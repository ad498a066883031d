/**
 * When a gap is asked for again: minutes after it was found, then four times as long each time, a day at most. So an
 * exchange that delivers late is met early, and one that never had the candles is not asked for ever.
 */
const firstRetryMs = 5 * 60_000;
const longestWaitMs = 24 * 3_600_000;

/** So many answers, spread over more than a day, without a candle: the exchange itself has none. */
export const answersOfAnOutage = 5;

/** @param attempts how often the gap was asked for since it was found */
export const retryWaitMs = (attempts: number): number =>
  Math.min(firstRetryMs * 4 ** attempts, longestWaitMs);
