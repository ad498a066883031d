import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { ExchangeError, type ExchangeErrorKind } from '../exchange/errors.ts';
import { LedgerError } from '../ledger/errors.ts';
import { asStorageFailure } from '../ledger/storage-failure.ts';
import { InvalidName } from '../names.ts';
import { RegistryError } from '../registry/errors.ts';
import { SnapshotError } from '../snapshots/errors.ts';
import { type FailureType, failure } from './failures.ts';

const ofExchange: Record<ExchangeErrorKind, FailureType> = {
  RateLimited: 'ExchangeRateLimited',
  Unavailable: 'ExchangeUnavailable',
  BadAnswer: 'ExchangeBadAnswer',
  BadCandle: 'ExchangeBadCandle',
  Restricted: 'ExchangeRestricted',
  BadSymbol: 'UnknownSymbol',
  BadRequest: 'ExchangeBadRequest',
  Auth: 'ExchangeAuth',
};

const ofLedger: Record<LedgerError['code'], FailureType> = {
  Fenced: 'Fenced',
  ClaimNotOpen: 'Fenced',
  NotFound: 'UnknownVersion',
  Conflict: 'ChampionChanged',
  DomainMismatch: 'DomainMismatch',
  WatermarkMoved: 'WatermarkMoved',
  StorageUnavailable: 'StorageUnavailable',
  InUse: 'StorageUnavailable',
  TrainingKilled: 'TrainingKilled',
  CandleFileCorrupt: 'CandleFileCorrupt',
  CandleFileMissing: 'CandleFileMissing',
};

const ofRegistry: Record<RegistryError['code'], FailureType> = {
  Corrupt: 'ModelCorrupt',
  Invalid: 'ModelCorrupt',
  NotFound: 'UnknownVersion',
  Conflict: 'VersionConflict',
};

/** Each part throws errors of its own; Temporal needs a type from the table, or it would retry what cannot succeed. */
export const asFailure = (error: unknown): unknown => {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (!(error instanceof Error)) return error;
  const type = typeOf(error);
  if (type === undefined) return error;
  const nextRetryDelayMs = error instanceof ExchangeError ? error.retryAfterMs : undefined;
  return failure(type, error.message, {
    cause: error,
    ...(nextRetryDelayMs === undefined ? {} : { nextRetryDelayMs }),
  });
};

const typeOf = (error: Error): FailureType | undefined => {
  if (error instanceof ExchangeError) return ofExchange[error.kind];
  if (error instanceof LedgerError) return ofLedger[error.code];
  if (error instanceof RegistryError) return ofRegistry[error.code];
  if (error instanceof InvalidName) return 'InvalidName';
  if (error instanceof SnapshotError)
    return error.code === 'Unsettled' ? 'SnapshotUnsettled' : 'SnapshotDamaged';
  return asStorageFailure(error, '') instanceof LedgerError ? 'StorageUnavailable' : ofTraining(error);
};

const ofTraining = (error: Error & { code?: string }): FailureType | undefined => {
  if (error.name !== 'TrainingThreadError') return undefined;
  return error.code === 'TooFewRows' ? 'NotEnoughData' : 'TrainingFailed';
};

type AnyActivity = (...args: never[]) => Promise<unknown>;

/** Wraps every activity so that what it throws is a typed failure. */
export const translating = <T extends Record<string, AnyActivity>>(activities: T): T =>
  Object.fromEntries(
    Object.entries(activities).map(([name, run]) => [
      name,
      async (...args: never[]) => {
        try {
          return await run(...args);
        } catch (error) {
          throw asFailure(error);
        }
      },
    ]),
  ) as T;
