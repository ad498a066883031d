import type { Ledger } from '../ledger/open.ts';
import { type Series, seriesKey, timeframesMs } from '../series.ts';
import type { DiskSpace } from './disk.ts';
import { type RoutineAge, routineAges } from './routines.ts';

/** Where the newest stored candles of a series stand. */
export interface SeriesLag {
  readonly series: string;
  readonly timeframeMs: number;
  /** Candles that have closed since the watermark, by the exchange's clock; undefined: nothing is stored yet. */
  readonly lagCandles: number | undefined;
  /** Since the watermark moved last, or since the ledger was made. */
  readonly idleMs: number;
}

export interface FailedRetrains {
  readonly inARow: number;
  readonly type: string;
  readonly message: string;
  readonly workflowId: string;
  readonly runId: string;
}

/** How the loop is: what the watch judges, and what /health and /metrics show. */
export interface LoopView {
  readonly lags: readonly SeriesLag[];
  readonly emptyRuns: number;
  readonly claimedFiles: number | undefined;
  readonly failedRetrains: FailedRetrains | undefined;
  /** undefined: not measured yet, or nothing to measure against (a replay). */
  readonly clockOffsetMs: number | undefined;
  readonly disks: readonly DiskSpace[];
  readonly routines: readonly RoutineAge[];
  /** Files that the newest snapshot lacks and the ledger knows. */
  readonly snapshotMissing: number;
}

export type LoopLedger = Pick<Ledger, 'watermarks' | 'reading' | 'claimAttempts' | 'madeAt'>;

export interface LoopSource {
  readonly ledger: LoopLedger;
  readonly series: readonly Series[];
  readonly disks: readonly DiskSpace[];
  /** The exchange replays history, so its clock is another by design. */
  readonly isReplay: boolean;
  readonly now?: () => number;
}

export const viewLoop = (source: LoopSource): LoopView => {
  const { ledger, disks, isReplay, now = Date.now } = source;
  const offset = ledger.reading('clock_offset_ms')?.value;
  const { newest, emptyInARow } = ledger.claimAttempts();
  const failed = ledger.reading('failed_retrains');
  return {
    lags: lagsOf(source, now(), offset),
    emptyRuns: emptyInARow,
    claimedFiles: newest?.claimedFiles,
    failedRetrains: failed && failed.value > 0 ? (failed.detail as FailedRetrains) : undefined,
    clockOffsetMs: isReplay ? undefined : offset,
    disks,
    routines: routineAges(ledger, source.series.map(seriesKey), now()),
    snapshotMissing: ledger.reading('snapshot')?.value ?? 0,
  };
};

const lagsOf = (
  { ledger, series, isReplay }: LoopSource,
  nowMs: number,
  offsetMs: number | undefined,
): SeriesLag[] => {
  const stored = new Map(ledger.watermarks().map((row) => [row.series, row]));
  // Before the exchange's clock was read, ours decides which candles have closed; a replay's has nothing to do with it.
  const exchangeMs = offsetMs === undefined && isReplay ? 0 : nowMs + (offsetMs ?? 0);
  return series.map((one) => {
    const row = stored.get(seriesKey(one));
    const timeframeMs = timeframesMs[one.timeframe];
    const lagCandles = row && Math.max(0, Math.floor((exchangeMs - row.value) / timeframeMs));
    const idleMs = nowMs - (row?.updatedAt ?? ledger.madeAt());
    return { series: seriesKey(one), timeframeMs, lagCandles, idleMs };
  });
};
