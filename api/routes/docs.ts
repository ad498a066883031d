import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import type { RouteDeps } from '../app.ts';
import { observeTrading } from '../bandit-metrics.ts';
import type { AddEndpoint } from '../endpoint.ts';
import * as examples from '../examples/loop.ts';
import { observeLoop } from '../loop-metrics.ts';
import type { Metrics } from '../metrics.ts';
import { createModelObserver } from '../model-metrics.ts';
import type { LedgerReader } from '../ports.ts';

/** The ledger's numbers are read when they are asked for, so a scrape never shows old ones. */
const observeLedger = (metrics: Metrics, ledger: LedgerReader): void => {
  for (const [status, count] of Object.entries(ledger.fileCounts())) metrics.files.set({ status }, count);
  for (const { series, value } of ledger.watermarks()) metrics.watermarkSeconds.set({ series }, value / 1000);
  metrics.missingCandles.reset();
  for (const { series, missing } of ledger.gapTotals()) metrics.missingCandles.set({ series }, missing);
};

export const addMetricsRoute = (
  add: AddEndpoint,
  { metrics, ledger, loop, predict, controller, settings, log }: RouteDeps,
): void => {
  // It remembers which failures it has told; made when it is first asked for.
  let observeModels: (() => void) | undefined;
  add(
    {
      method: 'get',
      path: '/metrics',
      summary: 'Prometheus metrics',
      refusals: ['StorageUnavailable'],
      example: examples.metricsPage,
      role: 'reader',
      rate: 'read',
      timeoutMs: 10_000,
      answer: z.string(),
      contentType: 'text/plain',
    },
    async ({ context }) => {
      observeLedger(metrics, ledger);
      observeLoop(metrics, ledger, loop);
      observeModels ??= createModelObserver({ metrics, ledger, predict, series: settings.series, log });
      observeModels();
      await observeTrading(metrics, controller);
      return context.body(await metrics.registry.metrics(), 200, {
        'Content-Type': metrics.registry.contentType,
      });
    },
  );
};

const about = {
  openapi: '3.1.0',
  info: {
    title: 'Autotrain gateway',
    version: '1',
    description:
      'Regime probabilities and strategy parameters for the engine; training and promotion for operators.',
  },
};

/** Of the endpoints that were added so far. */
export const openApiOf = (app: OpenAPIHono) => app.getOpenAPI31Document(about);

/** Added last: it documents the endpoints that are there by then. */
export const addOpenApiRoute = (add: AddEndpoint, app: OpenAPIHono): void => {
  // Made once: it takes tens of milliseconds, and anybody may ask for it.
  let document: ReturnType<typeof openApiOf> | undefined;
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  add(
    {
      method: 'get',
      path: '/openapi.json',
      summary: 'This document',
      example: examples.openApi,
      role: 'open',
      rate: 'read',
      timeoutMs: 10_000,
      answer: z.looseObject({}),
    },
    () => (document ??= openApiOf(app)),
  );
};
