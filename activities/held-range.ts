import type { Ledger } from '../ledger/open.ts';
import { type Series, timeframesMs } from '../series.ts';
import type { LookRange } from './look.ts';

/**
 * What can be compared: from the oldest candle that the archive does not prune to the last one below the watermark. What
 * was pruned would look as if it were missing. A series whose first files were put aside begins with the gap that they left.
 */
export const heldRange = (
  { ledger, archiveMs }: { readonly ledger: Ledger; readonly archiveMs: number },
  series: Series,
): LookRange | undefined => {
  const stored = ledger.storedRange(series);
  const begins = [stored?.fromMs, ledger.oldestGap(series)?.fromMs].filter((at) => at !== undefined);
  const watermark = ledger.watermark(series);
  if (begins.length === 0 || watermark === undefined) return undefined;
  const step = timeframesMs[series.timeframe];
  const toMs = watermark - step;
  const kept = Math.ceil(((stored?.toMs ?? toMs) - archiveMs) / step) * step;
  return { fromMs: Math.max(Math.min(...begins), kept), toMs };
};
