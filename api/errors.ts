import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { asStorageFailure } from '../ledger/storage-failure.ts';
import type { Logger } from './ports.ts';

/** A refusal with its HTTP status. `code` is for programs, `detail` for people. */
export class ApiError extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ContentfulStatusCode,
    code: string,
    detail: string,
    headers: Record<string, string> = {},
  ) {
    super(detail);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export const unauthorized = (detail: string): ApiError =>
  new ApiError(401, 'Unauthorized', detail, { 'WWW-Authenticate': 'Bearer' });

/**
 * Failure type → status: the one place where a failure of the ledger, the controller, the registry or a
 * workflow becomes an answer. A type that is not here is a 500 with its reason.
 */
export const statusOfFailure: Readonly<Record<string, ContentfulStatusCode>> = {
  NotFound: 404,
  UnknownVersion: 404,
  UnknownPreset: 404,
  UnknownDecision: 404,
  UnknownPosition: 404,
  UnknownOutcome: 404,
  UnknownLock: 404,
  UnknownSchedule: 404,
  NoPresets: 404,
  ChampionChanged: 409,
  ClaimNotOpen: 409,
  Conflict: 409,
  Fenced: 409,
  LineageFixed: 409,
  NoPredecessor: 409,
  NotEnoughData: 409,
  NothingAwaitsApproval: 409,
  RetrainRunning: 409,
  TrainingKilled: 423,
  ImpossibleRow: 422,
  InvalidData: 422,
  InvalidFeatures: 422,
  InvalidName: 422,
  InvalidPreset: 422,
  OutOfBounds: 422,
  TooManyPresets: 422,
  UnknownSymbol: 422,
  ExchangeAuth: 502,
  ExchangeBadAnswer: 502,
  ExchangeBadCandle: 502,
  ExchangeBadRequest: 502,
  ExchangeRestricted: 502,
  ExchangeRateLimited: 503,
  ExchangeUnavailable: 503,
  Overloaded: 503,
  SnapshotUnsettled: 503,
  PayloadUnreadable: 503,
  TemporalUnavailable: 503,
  WatermarkMoved: 503,
  StorageUnavailable: 507,
};

interface Refusal {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const typeOf = (error: Error): string | undefined => {
  const { type, code } = error as { type?: unknown; code?: unknown };
  if (typeof type === 'string') return type;
  return typeof code === 'string' ? code : undefined;
};

const refusalOfFailure = (error: Error): Refusal => {
  const type = typeOf(error) ?? 'Internal';
  return { status: statusOfFailure[type] ?? 500, code: type, detail: error.message };
};

const refusalOf = (error: Error): Refusal => {
  if (error instanceof ApiError) {
    const { status, code, headers, message: detail } = error;
    return { status, code, headers, detail };
  }
  if (error instanceof HTTPException) {
    return { status: error.status, code: 'Http', detail: error.message };
  }
  return refusalOfFailure(asStorageFailure(error, 'the store') as Error);
};

/** Older clients compare these two answers as a whole, so they carry no code. */
const withoutCode = new Set(['NoPresets', 'PresetIncomplete']);

export const bodyOfRefusal = (code: string, detail: string) =>
  withoutCode.has(code) ? { detail } : { detail, code };

/** The only place where an exception becomes an answer: `{detail, code}`. */
export const answerError = (log: Logger) => (error: Error, c: Context) => {
  const { status, code, detail, headers } = refusalOf(error);
  // What we refuse ourselves is no news to the operator: the metrics count it.
  if (status >= 500 && !(error instanceof ApiError))
    log.error({ err: error, path: c.req.path, code }, 'request failed');
  return c.json(bodyOfRefusal(code, detail), status, headers);
};
