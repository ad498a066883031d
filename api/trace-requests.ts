import { context, propagation, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { Context, Next } from 'hono';
import { routeOf } from './route-of.ts';

/** One span for each request, in the trace that its `traceparent` names; what it starts in Temporal goes on in it. */
export const traceRequests = (tracer: Tracer) => async (c: Context, next: Next) => {
  const { method } = c.req;
  const parent = propagation.extract(context.active(), c.req.header());
  await tracer.startActiveSpan(method, { kind: SpanKind.SERVER }, parent, async (span) => {
    try {
      await next();
    } finally {
      const route = routeOf(c);
      const { status } = c.res;
      span.updateName(`${method} ${route}`);
      span.setAttributes({
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': status,
      });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    }
  });
};
