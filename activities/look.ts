import path from 'node:path';
import { Context } from '@temporalio/activity';
import { ExchangeError, type ExchangeErrorKind } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { storedCandles } from '../ledger/candle-store.ts';
import { landLook } from '../ledger/correction-landing.ts';
import type { CrashPoint } from '../ledger/crash-points.ts';
import { type Change, type ChangeKind, type Differences, differences } from '../ledger/differences.ts';
import type { Ledger } from '../ledger/open.ts';
import { type Series, timeframesMs } from '../series.ts';
import type { LookResult } from '../workflows/types.ts';
import { withoutBadFiles } from './quarantine.ts';

export interface LookDeps {
  readonly exchange: Exchange;
  readonly ledger: Ledger;
  readonly dataDir: string;
  readonly landingDir: string;
  /** A candle is removed when two answers, at least so far apart, leave it out. */
  readonly secondLookMs: number;
  readonly crash?: CrashPoint;
}

/** Open times of the first and the last candle to ask for, both below the watermark and not yet pruned. */
export interface LookRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Look extends LookResult {
  /** What the answer covers; undefined: there was none, or an empty one. */
  readonly cover?: LookRange;
  /** It would refuse the next request too, whatever that asks for. */
  readonly isExchangeClosed?: boolean;
}

const closed: readonly ExchangeErrorKind[] = ['RateLimited', 'Unavailable', 'Restricted', 'Auth'];

/** Left out again, long enough after it was first seen to be: the exchange removed it. */
const confirmed = (
  { ledger, secondLookMs }: LookDeps,
  series: Series,
  missing: readonly number[],
): Set<number> => {
  const before = Date.now() - secondLookMs;
  const old = ledger.suspicions(series).filter(({ seenAt }) => seenAt <= before);
  const suspected = new Set(old.map(({ openTimeMs }) => openTimeMs));
  return new Set(missing.filter((time) => suspected.has(time)));
};

const asRemovals = (removed: ReadonlySet<number>, stored: ReturnType<typeof storedCandles>): Change[] =>
  [...removed].map((openTimeMs) => ({ openTimeMs, kind: 'removed', before: stored.get(openTimeMs)! }));

const countsOf = (changes: readonly Change[]) => {
  const of = (kind: ChangeKind): number => changes.filter((change) => change.kind === kind).length;
  return { rewritten: of('rewritten'), appeared: of('appeared'), removed: of('removed') };
};

const nothing: Look = { compared: 0, rewritten: 0, appeared: 0, removed: 0, suspected: 0 };

const land = (
  deps: LookDeps,
  series: Series,
  look: {
    readonly expectedRevision: number;
    readonly answeredAt: number;
    readonly stored: ReturnType<typeof storedCandles>;
    readonly found: Differences & { readonly cover: LookRange };
  },
): Look => {
  const { stored, found, ...rest } = look;
  const removed = confirmed(deps, series, found.missing);
  const missing = found.missing.filter((time) => !removed.has(time));
  const changes = [...found.changes, ...asRemovals(removed, stored)];
  changes.sort((one, other) => one.openTimeMs - other.openTimeMs);
  const { ledger, dataDir, landingDir, crash } = deps;
  landLook({
    ...{ ledger, dataDir, series, missing, changes, cover: found.cover, given: found.given, ...rest },
    landing: path.relative(dataDir, landingDir),
    ...(crash && { crash }),
  });
  return { ...countsOf(changes), compared: stored.size, suspected: missing.length, cover: found.cover };
};

/**
 * Asks the exchange once for a range that is stored, and stores what changed as a correction file. The series'
 * revision is read before the exchange is asked, so that of two looks at once the older answer never wins.
 */
const lookAt = async (deps: LookDeps, series: Series, { fromMs, toMs }: LookRange): Promise<Look> => {
  const { exchange, ledger, dataDir } = deps;
  const expectedRevision = ledger.revision(series);
  const { candles } = await exchange.fetchCandles({
    ...{ series, sinceMs: fromMs, untilMs: toMs },
    limit: (toMs - fromMs) / timeframesMs[series.timeframe] + 1,
    signal: Context.current().cancellationSignal,
  });
  const answeredAt = Date.now();
  const stored = withoutBadFiles(ledger, () => storedCandles({ ledger, dataDir, series, fromMs, toMs }));
  const { cover, ...found } = differences(stored, candles);
  if (!cover) return { ...nothing, unanswered: 'the exchange answered without candles' };
  return land(deps, series, { expectedRevision, answeredAt, stored, found: { cover, ...found } });
};

/** What the exchange refuses now is looked at next time: it must not hold up new candles. */
export const look = async (deps: LookDeps, series: Series, range: LookRange): Promise<Look> => {
  if (range.toMs < range.fromMs) return nothing;
  try {
    return await lookAt(deps, series, range);
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    const { kind, message } = error;
    return { ...nothing, unanswered: `${kind}: ${message}`, isExchangeClosed: closed.includes(kind) };
  }
};
