import type { Context, MiddlewareHandler, Next } from 'hono';
import { cors } from 'hono/cors';
import { ApiError } from './errors.ts';

/** The one route that a page of another origin may use: Temporal's Web UI, in order to show decrypted payloads. */
export const codecPath = '/codec/decode';

const originOf = (url: string | undefined) => (url === undefined ? undefined : new URL(url).origin);

/** Leave for the Web UI at TEMPORAL_UI_URL, and for nobody else; without that setting for nobody. */
export const allowTemporalUi = (uiUrl: string | undefined): MiddlewareHandler => {
  const ours = originOf(uiUrl);
  return cors({
    origin: (origin) => (origin === ours ? origin : null),
    allowMethods: ['POST'],
    allowHeaders: ['Content-Type', 'X-Namespace', 'Authorization'],
    maxAge: 600,
  });
};

const hostOf = (origin: string) => (URL.canParse(origin) ? new URL(origin).host : undefined);

/** A page of another site must not drive a gateway on this machine; programs send no Origin. */
export const refuseForeignOrigin = (uiUrl: string | undefined) => {
  const temporalUi = originOf(uiUrl);
  return async (c: Context, next: Next) => {
    const origin = c.req.header('origin');
    const foreign = origin !== undefined && c.req.method !== 'GET' && hostOf(origin) !== c.req.header('host');
    if (foreign && !(origin === temporalUi && c.req.path === codecPath)) {
      throw new ApiError(403, 'ForeignOrigin', `requests from pages of ${origin} are refused`);
    }
    await next();
  };
};
