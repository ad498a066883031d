import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Role } from '../config.ts';
import type { Authenticate, Principal } from './auth.ts';
import { readJson } from './body.ts';
import { clientOf } from './client.ts';
import { document, type Example } from './document.ts';
import { ApiError } from './errors.ts';
import type { RateClass, TakeToken } from './limits.ts';
import type { RefusalName } from './refusals.ts';
import { roleAllows } from './roles.ts';

/** One route with everything that guards it: none can be added without a role, a rate and a time limit. */
export interface Endpoint<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: 'get' | 'post';
  /** OpenAPI form: `/models/{version}`. */
  readonly path: string;
  readonly summary: string;
  readonly role: Role | 'open';
  readonly rate: RateClass;
  /** Beyond it the answer is 504; what was started goes on. */
  readonly timeoutMs: number;
  /** A GET that writes refuses HEAD, which would otherwise run it. */
  readonly writes?: boolean;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: z.ZodType;
  /** The answer 202 of work that is not waited for. */
  readonly accepted?: z.ZodType;
  /** Where the answer is not JSON. */
  readonly contentType?: string;
  /** Takes an Idempotency-Key: the same key is the same act, done once. */
  readonly idempotent?: boolean;
  /** What it may refuse with beside what follows from its guards and its schemas. */
  readonly refusals?: readonly RefusalName[];
  readonly example: Example;
}

export interface Call<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly principal: Principal;
  readonly context: Context;
}

/** A handler answers a JSON value, or a Response when it needs a status or headers of its own. */
export type Handler<P, Q, B> = (call: Call<P, Q, B>) => unknown;

export interface Guards {
  readonly authenticate: Authenticate;
  readonly takeToken: TakeToken;
}

/** `features.k: expected number` for each thing that is wrong. */
const explain = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ');

/** Parses at the edge; inside, values are trusted. Throws 422 with the paths that are wrong. */
export const parse = <T extends z.ZodType>(schema: T, value: unknown): z.infer<T> => {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ApiError(422, 'Invalid', explain(parsed.error));
  return parsed.data;
};

const nothing = z.object({});

type AnyEndpoint = Endpoint<z.ZodType, z.ZodType, z.ZodType>;

const guard = async ({ authenticate, takeToken }: Guards, endpoint: AnyEndpoint, c: Context) => {
  if (c.req.method === 'HEAD' && endpoint.writes) {
    throw new ApiError(405, 'MethodNotAllowed', 'HEAD would write a decision', { Allow: 'GET, POST' });
  }
  // Before the key is looked at, so that guessing keys is limited as well.
  takeToken(endpoint.rate, clientOf(c));
  if (endpoint.role === 'open') return { subject: 'anonymous', role: 'reader' } as const;
  const principal = await authenticate(c.req.raw.headers);
  if (roleAllows(principal.role, endpoint.role)) return principal;
  throw new ApiError(
    403,
    'Forbidden',
    `${endpoint.path} needs the role ${endpoint.role}, the caller is ${principal.role}`,
  );
};

const withTimeout = async <T>(work: Promise<T>, { path, timeoutMs }: AnyEndpoint): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ApiError(504, 'Timeout', `${path} took over ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

const answer = (c: Context, value: unknown): Response =>
  value instanceof Response ? value : c.json(value as Record<string, unknown>);

/** Adds the route and its documentation; guards, parses and limits before the handler sees the call. */
export const addEndpoint =
  (app: OpenAPIHono, guards: Guards) =>
  <
    P extends z.ZodType = typeof nothing,
    Q extends z.ZodType = typeof nothing,
    B extends z.ZodType = typeof nothing,
  >(
    endpoint: Endpoint<P, Q, B>,
    handler: Handler<z.infer<P>, z.infer<Q>, z.infer<B>>,
  ): void => {
    document(app, endpoint);
    const serve = async (c: Context) => {
      const principal = await guard(guards, endpoint, c);
      const call = {
        principal,
        context: c,
        params: parse(endpoint.params ?? nothing, c.req.param()) as z.infer<P>,
        query: parse(endpoint.query ?? nothing, c.req.query()) as z.infer<Q>,
        body: (endpoint.body ? parse(endpoint.body, await readJson(c.req)) : {}) as z.infer<B>,
      };
      return answer(c, await handler(call));
    };
    app[endpoint.method](honoPath(endpoint.path), (c) => withTimeout(serve(c), endpoint));
  };

export type AddEndpoint = ReturnType<typeof addEndpoint>;

const honoPath = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1');
