import { AutotrainError } from './errors.ts';
import { answerOf, type CallParts, pathOf } from './request.ts';
import type { Operations } from './schema.ts';

export { AutotrainError, type FailureKind } from './errors.ts';
export type { Operations, RefusalCode } from './schema.ts';

export interface ClientOptions {
  /** Where the gateway is, such as http://127.0.0.1:8000. */
  readonly url: string;
  /** Sent as X-API-Key. */
  readonly apiKey?: string;
  /** A JWT, sent as a bearer token. */
  readonly token?: string;
  /** From the call to the last byte of the answer. */
  readonly timeoutMs?: number;
  /** Instead of the global one: a proxy, a recorder. */
  readonly fetch?: typeof fetch;
}

type Method = 'GET' | 'POST';

/** Paths that take this method. */
export type PathOf<M extends Method> = keyof Operations extends infer K
  ? K extends `${M} ${infer P}`
    ? P
    : never
  : never;

type OperationOf<M extends Method, P extends string> = `${M} ${P}` extends keyof Operations
  ? Operations[`${M} ${P}`]
  : never;

/** What an operation needs must be given; what it does not take cannot be. */
type RequestOf<O> = Omit<O, 'answer'> & { readonly timeoutMs?: number };

type AnswerOf<O> = O extends { answer: infer A } ? A : never;

/** The request may be left out where nothing in it is required. */
type Arguments<O> =
  Partial<RequestOf<O>> extends RequestOf<O> ? [request?: RequestOf<O>] : [request: RequestOf<O>];

export interface Client {
  /** Throws AutotrainError. */
  get<P extends PathOf<'GET'>>(
    path: P,
    ...request: Arguments<OperationOf<'GET', P>>
  ): Promise<AnswerOf<OperationOf<'GET', P>>>;
  /** Throws AutotrainError. */
  post<P extends PathOf<'POST'>>(
    path: P,
    ...request: Arguments<OperationOf<'POST', P>>
  ): Promise<AnswerOf<OperationOf<'POST', P>>>;
}

/** The older engines' own patience. */
const defaultTimeoutMs = 5_000;

const headersOf = ({ apiKey, token }: ClientOptions): Record<string, string> => ({
  Accept: 'application/json',
  'Content-Type': 'application/json',
  ...(apiKey === undefined ? {} : { 'X-API-Key': apiKey }),
  ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
});

const idempotencyOf = ({ idempotencyKey }: CallParts): Record<string, string> =>
  idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey };

const failureOf = (error: unknown, url: string, timeoutMs: number): unknown => {
  if (error instanceof AutotrainError || error instanceof RangeError) return error;
  if ((error as Error).name === 'TimeoutError')
    return new AutotrainError('timeout', `no answer of ${url} within ${timeoutMs} ms`, {}, error);
  return new AutotrainError('unreachable', `${url} was not reached: ${(error as Error).message}`, {}, error);
};

/**
 * A typed client of an Autotrain gateway: paths, parameters, bodies and answers are those of its OpenAPI document.
 * Nothing is repeated by itself; an outcome with an `outcome_id` may be sent again at will.
 */
export const createClient = (options: ClientOptions): Client => {
  const { fetch: send = fetch, timeoutMs: patienceMs = defaultTimeoutMs } = options;
  const base = options.url.replace(/\/+$/, '');
  const headers = headersOf(options);
  const call = async (
    method: Method,
    path: string,
    request: CallParts & { readonly timeoutMs?: number } = {},
  ): Promise<unknown> => {
    const timeoutMs = request.timeoutMs ?? patienceMs;
    try {
      const response = await send(base + pathOf(path, request), {
        method,
        headers: { ...headers, ...idempotencyOf(request) },
        signal: AbortSignal.timeout(timeoutMs),
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      });
      return await answerOf(response);
    } catch (error) {
      throw failureOf(error, base, timeoutMs);
    }
  };
  return {
    get: (path, ...[request]) => call('GET', path, request as CallParts) as never,
    post: (path, ...[request]) => call('POST', path, request as CallParts) as never,
  };
};
