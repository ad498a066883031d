/**
 * What went wrong with an exchange, by what the caller can do about it.
 * - `RateLimited`, `Unavailable`: later the same request may succeed (after `retryAfterMs` where the exchange says so).
 * - `BadAnswer`: a success that cannot be read (HTML, cut JSON, no rows where rows belong). Worth a retry: proxies do this.
 * - `BadCandle`: one row breaks the laws of candles. A retry gives the same row until the exchange mends it.
 * - `Restricted`, `BadSymbol`, `BadRequest`, `Auth`: nothing will change by asking again.
 */
export type ExchangeErrorKind =
  | 'RateLimited'
  | 'Unavailable'
  | 'BadAnswer'
  | 'BadCandle'
  | 'Restricted'
  | 'BadSymbol'
  | 'BadRequest'
  | 'Auth';

export class ExchangeError extends Error {
  readonly kind: ExchangeErrorKind;
  /** How long the exchange asks us to stay away, in ms. */
  readonly retryAfterMs?: number;

  constructor(
    kind: ExchangeErrorKind,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ExchangeError';
    this.kind = kind;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }
}
