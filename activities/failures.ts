import { ApplicationFailure } from '@temporalio/common';

interface Kind {
  readonly retry: boolean;
  /** The HTTP status with which the gateway answers. */
  readonly status: number;
  readonly means: string;
}

const retryable = (status: number, means: string): Kind => ({ retry: true, status, means });
const terminal = (status: number, means: string): Kind => ({ retry: false, status, means });

/** Every failure that an activity may throw; docs/reference/failures.md explains each row. */
export const failures = {
  ExchangeRateLimited: retryable(503, 'the exchange asked to slow down; the retry waits as long as it said'),
  ExchangeUnavailable: retryable(503, 'the exchange did not answer, or answered with an error of its own'),
  ExchangeBadAnswer: retryable(502, 'the exchange answered with something that is not candles'),
  ExchangeBadCandle: retryable(502, 'one of the exchange candles breaks the laws of candles; it may mend it'),
  ExchangeRestricted: terminal(502, 'the exchange refuses this location or account'),
  ExchangeAuth: terminal(502, 'the exchange refused API_KEY or API_SECRET'),
  ExchangeBadRequest: terminal(502, 'the exchange did not accept the request'),
  UnknownSymbol: terminal(422, 'the exchange does not know the symbol'),
  InvalidName: terminal(422, 'a name that the run was started with is none'),
  WatermarkMoved: retryable(503, 'another run stored the same candles first; the retry goes on behind them'),
  StorageUnavailable: retryable(507, 'the disk is full, or the directory cannot be written'),
  CandleFileCorrupt: terminal(
    500,
    'a stored file, or a month of the archive, differs from its hash or cannot be read; it was put aside',
  ),
  CandleFileMissing: terminal(
    500,
    'a stored file, or a month of the archive, is not on disk; it was put aside',
  ),
  VersionConflict: terminal(500, 'a version of this name exists with another model'),
  DomainMismatch: terminal(500, 'production and research never share a ledger'),
  NotEnoughData: terminal(409, 'fewer candles than training needs; the files were given back'),
  LineageFixed: terminal(409, 'a lineage keeps its number of states and its pool; the files were given back'),
  TrainingFailed: terminal(500, 'the fit did not give a usable model'),
  Fenced: terminal(409, 'a newer run holds the files; this one changed nothing'),
  ModelCorrupt: terminal(500, 'a version in the registry differs from its checksum'),
  SnapshotUnsettled: retryable(503, 'files were moved while they were copied, several times in a row'),
  SnapshotDamaged: terminal(500, 'the champion, or a copy, is not sound; there is no snapshot of this run'),
  UnknownVersion: terminal(404, 'the registry has no such version'),
  NoPredecessor: terminal(409, 'there is no earlier champion to roll back to'),
  TrainingKilled: terminal(423, 'the kill switch of the training loop holds until an admin resumes it'),
  ChampionChanged: terminal(409, 'another version became champion since this one was judged'),
} as const satisfies Record<string, Kind>;

export type FailureType = keyof typeof failures;

/** A typed failure. `nextRetryDelayMs` overrides the retry policy's wait (an exchange's Retry-After). */
export const failure = (
  type: FailureType,
  message: string,
  options: { readonly nextRetryDelayMs?: number; readonly cause?: Error } = {},
): ApplicationFailure =>
  ApplicationFailure.create({
    type,
    message,
    nonRetryable: !failures[type].retry,
    ...(options.nextRetryDelayMs === undefined ? {} : { nextRetryDelay: options.nextRetryDelayMs }),
    ...(options.cause === undefined ? {} : { cause: options.cause }),
  });
