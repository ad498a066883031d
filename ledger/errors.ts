import type { Series } from '../series.ts';

/**
 * Every way in which the ledger refuses. None of them leaves anything half done.
 *
 * - `Fenced`: another run owns the claim now, or the lease is over. Never retry.
 * - `ClaimNotOpen`: the claim was completed already.
 * - `WatermarkMoved`: another ingest was first; look at the watermark again.
 * - `StorageUnavailable`: disk full, read-only, not writable, or locked for too long. Nothing was stored.
 * - `InUse`: a worker, a gateway or a command works on the state, or a restore replaces it.
 * - `TrainingKilled`: the kill switch of the training loop holds.
 * - `CandleFileCorrupt`: bytes that do not have the registered hash, or a row that is no candle.
 */
/** A month of the archive that is altered or gone. */
export interface BadMonth {
  readonly dataDir: string;
  readonly series: Series;
  /** `yyyy-mm` */
  readonly month: string;
}

export type LedgerErrorCode =
  | 'Fenced'
  | 'ClaimNotOpen'
  | 'NotFound'
  | 'Conflict'
  | 'DomainMismatch'
  | 'WatermarkMoved'
  | 'StorageUnavailable'
  | 'InUse'
  | 'TrainingKilled'
  | 'CandleFileCorrupt'
  | 'CandleFileMissing';

export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: LedgerErrorCode;
  /** The file that the failure is about, where there is one: what to quarantine. */
  readonly fileId: string | undefined;

  /** The month of the archive, where it is about one. */
  readonly month: BadMonth | undefined;

  constructor(
    code: LedgerErrorCode,
    message: string,
    options: { cause?: unknown; fileId?: string; month?: BadMonth } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.fileId = options.fileId;
    this.month = options.month;
  }
}

export const isLedgerError = (error: unknown, code?: LedgerErrorCode): error is LedgerError =>
  error instanceof LedgerError && (code === undefined || error.code === code);
