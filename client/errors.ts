import type { RefusalCode } from './schema.ts';

/** `refused`: the gateway said why; `timeout`, `unreachable`: nothing is known of the request; `malformed`: it is no gateway. */
export type FailureKind = 'refused' | 'timeout' | 'unreachable' | 'malformed';

/** Why there is no answer. */
export class AutotrainError extends Error {
  readonly kind: FailureKind;
  /** Of a refusal: its HTTP status. */
  readonly status: number | undefined;
  /** Of a refusal: what programs compare. The two answers that older clients compare as a whole carry none. */
  readonly code: RefusalCode | (string & {}) | undefined;
  /** How long the gateway asks to wait, where it does. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: FailureKind,
    detail: string,
    refusal: { readonly status?: number; readonly code?: string; readonly retryAfterMs?: number } = {},
    cause?: unknown,
  ) {
    super(detail, { cause });
    this.name = 'AutotrainError';
    this.kind = kind;
    this.status = refusal.status;
    this.code = refusal.code;
    this.retryAfterMs = refusal.retryAfterMs;
  }
}
