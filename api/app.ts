import { OpenAPIHono } from '@hono/zod-openapi';
import type { Tracer } from '@opentelemetry/api';
import type { PayloadCodec } from '@temporalio/common';
import type { Context, Next } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { addRoutes } from './add-routes.ts';
import { createAuthenticate } from './auth.ts';
import { addEndpoint } from './endpoint.ts';
import { answerError } from './errors.ts';
import { allowTemporalUi, codecPath, refuseForeignOrigin } from './foreign-origin.ts';
import { createRateLimit, defaultRates, type Rate, type RateClass } from './limits.ts';
import type { Live } from './live.ts';
import type { LoopState } from './loop-state.ts';
import type { Metrics } from './metrics.ts';
import type { Models, ReadVersion } from './models.ts';
import type { ControllerPort, GatewaySettings, LedgerReader, Logger, NewestCandles } from './ports.ts';
import { createPredict, type Predict, type RegimeContext } from './predict.ts';
import { demandReachable } from './reachable.ts';
import { routeOf } from './route-of.ts';
import { traceRequests } from './trace-requests.ts';
import type { Training } from './training.ts';
import type { TrainingSwitch } from './training-switch.ts';

export interface AppDeps {
  readonly settings: GatewaySettings;
  readonly ledger: LedgerReader;
  readonly models: Models;
  readonly readVersion: ReadVersion;
  readonly newestCandles: NewestCandles;
  readonly controller: ControllerPort;
  /** Why changed strategy schemas are not served; undefined while all is well. */
  readonly schemaProblem?: () => string | undefined;
  readonly training: Training;
  /** What PAYLOAD_KEY makes; undefined where it is not set. */
  readonly payloadCodec?: PayloadCodec | undefined;
  readonly live: Live;
  readonly trainingSwitch: TrainingSwitch;
  readonly loop: LoopState;
  readonly metrics: Metrics;
  /** Where requests are traced. */
  readonly tracer?: Tracer | undefined;
  readonly log: Logger;
  readonly rates?: Readonly<Record<RateClass, Rate>>;
}

export interface RouteDeps extends AppDeps {
  readonly predict: Predict;
  /** What the gateway knows of an instrument beside what the engine sends. */
  readonly regimeContext: (instrument: string) => RegimeContext;
}

/** The gateway as a Hono app: `app.request()` needs no port. */
export const createApp = (deps: AppDeps): OpenAPIHono => {
  const app = new OpenAPIHono();
  app.onError(answerError(deps.log));
  if (deps.tracer) app.use(traceRequests(deps.tracer));
  app.use(observe(deps.metrics));
  app.use(refuseForeignOrigin(deps.settings.temporal.uiUrl));
  if (deps.payloadCodec) app.use(codecPath, allowTemporalUi(deps.settings.temporal.uiUrl));
  app.use(methodNotAllowed({ app, onMethodNotAllowed }));
  app.notFound((c) => c.json({ detail: `no route ${c.req.path}`, code: 'NoRoute' }, 404));
  serve(app, deps);
  return app;
};

const serve = (app: OpenAPIHono, deps: AppDeps) => {
  const add = addEndpoint(app, {
    authenticate: createAuthenticate(deps.settings.gateway),
    takeToken: createRateLimit(deps.rates ?? defaultRates),
  });
  const { predict, regimeContext } = createPredict(deps);
  const training = demandReachable(deps.training);
  const routeDeps: RouteDeps = { ...deps, training, predict, regimeContext };
  addRoutes(add, app, routeDeps);
};

const onMethodNotAllowed = (c: Context, methods: readonly string[]) =>
  c.json({ detail: `${c.req.path} answers ${methods.join(', ')}`, code: 'MethodNotAllowed' }, 405, {
    Allow: methods.join(', '),
  });

const observe =
  ({ requests, requestSeconds }: Metrics) =>
  async (c: Context, next: Next) => {
    const startedMs = performance.now();
    await next();
    const labels = { route: routeOf(c), method: c.req.method };
    requests.inc({ ...labels, status: String(c.res.status) });
    requestSeconds.observe(labels, (performance.now() - startedMs) / 1000);
  };
