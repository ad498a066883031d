/** Beyond these the loop has a problem (settings ALERT_*). */
export interface HealthLimits {
  /** Candles that a watermark may lag behind. */
  readonly staleCandles: number;
  /** Retrains in a row that found nothing to claim. */
  readonly emptyRuns: number;
  readonly diskFreeBytes: number;
  readonly clockSkewMs: number;
}
