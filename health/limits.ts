import type { Routine } from './routines.ts';

/** Beyond these the loop has a problem (settings ALERT_*). */
export interface HealthLimits {
  /** Candles that a watermark may lag behind. */
  readonly staleCandles: number;
  /** Retrains in a row that found nothing to claim. */
  readonly emptyRuns: number;
  readonly diskFreeBytes: number;
  readonly clockSkewMs: number;
  /** A routine that has not ended well for longer is overdue. Follows from when it shall run. */
  readonly routineMs: Readonly<Record<Routine, number>>;
}
