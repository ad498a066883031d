import { type Gap } from '../ledger/gaps.ts';
import { parseSeries, type Series, timeframesMs } from '../series.ts';
import type { LookResult } from '../workflows/types.ts';
import { heldRange } from './held-range.ts';
import { type Look, type LookDeps, type LookRange, look } from './look.ts';

export interface LookAgainDeps extends LookDeps {
  /** REFETCH_CANDLES; 0: the newest candles are not looked at again. */
  readonly refetchCandles: number;
  /** ARCHIVE_DAYS: older candles may be gone. */
  readonly archiveMs: number;
}

/** Candles asked for on both sides of a gap or a suspicion: what lies between two that came was answered. */
const marginCandles = 5;

export const createLookAgainActivities = (deps: LookAgainDeps) => ({
  /**
   * Looks again at the newest stored candles, and at one gap or suspected removal that is due: one request each.
   * Repeated, it finds nothing more to store.
   */
  async lookAgain({ series: key }: { series: string }): Promise<LookResult> {
    const series = parseSeries(key);
    const held = heldRange(deps, series);
    if (!held) return sum([]);
    const newest = newestRange(deps, series, held);
    const first = await look(deps, series, newest);
    const second = first.isExchangeClosed ? undefined : await lookAtDue(deps, series, held, newest);
    return sum(second ? [first, second] : [first]);
  },
});

/** One candle more than is compared: what it has no neighbour for cannot be seen to be removed. */
const newestRange = ({ refetchCandles }: LookAgainDeps, series: Series, held: LookRange): LookRange => {
  if (refetchCandles === 0) return { fromMs: held.toMs + 1, toMs: held.toMs };
  const span = refetchCandles * timeframesMs[series.timeframe];
  return { fromMs: Math.max(held.fromMs, held.toMs - span), toMs: held.toMs };
};

const lookAtDue = async (
  deps: LookAgainDeps,
  series: Series,
  held: LookRange,
  seen: LookRange,
): Promise<Look | undefined> => {
  const gap = dueGap(deps, series, held);
  if (gap) return await lookAtGap(deps, series, held, gap);
  const time = dueSuspicion(deps, series, held, seen);
  return time === undefined ? undefined : await lookAtSuspicion(deps, series, held, time);
};

/** Of a gap that is older than what is kept nothing would be stored: it is listed, and not asked for any more. */
const dueGap = ({ ledger }: LookAgainDeps, series: Series, { fromMs }: LookRange): Gap | undefined => {
  const due = ledger.dueGaps(series);
  if (due.some(({ toMs, nextRetryAt }) => toMs < fromMs && nextRetryAt !== null))
    ledger.stopAsking(series, fromMs);
  return due.find(({ toMs }) => toMs >= fromMs);
};

const around = (series: Series, held: LookRange, { fromMs, toMs }: LookRange): LookRange => {
  const step = timeframesMs[series.timeframe];
  const from = Math.max(held.fromMs, fromMs - marginCandles * step);
  return { fromMs: from, toMs: Math.min(held.toMs, toMs + marginCandles * step) };
};

/** What begins before the held range is asked for from there on: an answer then has candles on its later side alone. */
const lookAtGap = async (deps: LookAgainDeps, series: Series, held: LookRange, gap: Gap): Promise<Look> => {
  const result = await look(deps, series, around(series, held, gap));
  const { cover } = result;
  const isReached = cover !== undefined && cover.toMs > gap.toMs;
  // What lies inside of an answer was counted by the comparison.
  if (isReached && cover.fromMs < gap.fromMs) return result;
  const isCut = gap.fromMs < held.fromMs;
  if (result.appeared === 0) deps.ledger.gapTried(gap, { isAnswered: isReached && isCut });
  return result;
};

const dueSuspicion = (
  { ledger, secondLookMs }: LookAgainDeps,
  series: Series,
  held: LookRange,
  seen: LookRange,
): number | undefined =>
  ledger
    .suspicions(series)
    .filter(({ openTimeMs }) => openTimeMs < seen.fromMs && openTimeMs > held.fromMs)
    .find(({ seenAt }) => seenAt <= Date.now() - secondLookMs)?.openTimeMs;

/** An answer that does not reach over the candle says nothing about it, and is no reason to ask for ever. */
const lookAtSuspicion = async (
  deps: LookAgainDeps,
  series: Series,
  held: LookRange,
  time: number,
): Promise<Look> => {
  const result = await look(deps, series, around(series, held, { fromMs: time, toMs: time }));
  const { cover } = result;
  const isDecided = cover !== undefined && cover.fromMs <= time && time <= cover.toMs;
  if (!isDecided && result.unanswered === undefined) deps.ledger.dropSuspicion(series, time);
  return result;
};

const sum = (looks: readonly Look[]): LookResult => {
  const of = (what: 'compared' | 'rewritten' | 'appeared' | 'removed' | 'suspected'): number =>
    looks.reduce((total, one) => total + one[what], 0);
  const unanswered = looks.flatMap((one) => one.unanswered ?? []);
  return {
    ...{ compared: of('compared'), rewritten: of('rewritten'), appeared: of('appeared') },
    ...{ removed: of('removed'), suspected: of('suspected') },
    ...(unanswered.length > 0 && { unanswered: unanswered.join('; ') }),
  };
};
