import type { Ledger } from '../ledger/open.ts';
import { type Series, timeframesMs } from '../series.ts';
import type { LookRange } from './look.ts';

/**
 * What can be compared: from the oldest candle that the archive does not prune to the last one below the watermark. What
 * was pruned would look as if it were missing.
 */
export const heldRange = (
  { ledger, archiveMs }: { readonly ledger: Ledger; readonly archiveMs: number },
  series: Series,
): LookRange | undefined => {
  const stored = ledger.storedRange(series);
  const watermark = ledger.watermark(series);
  if (!stored || watermark === undefined) return undefined;
  const step = timeframesMs[series.timeframe];
  const kept = Math.ceil((stored.toMs - archiveMs) / step) * step;
  return { fromMs: Math.max(stored.fromMs, kept), toMs: watermark - step };
};
