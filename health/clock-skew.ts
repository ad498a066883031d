/**
 * How far the exchange's clock is ahead of ours, as far as it is certain: it was read between the two times of ours, so
 * inside them there is no difference to speak of, however slow the answer was.
 */
export const clockOffsetMs = (beforeMs: number, exchangeMs: number, afterMs: number): number => {
  if (exchangeMs < beforeMs) return exchangeMs - beforeMs;
  return exchangeMs > afterMs ? exchangeMs - afterMs : 0;
};
