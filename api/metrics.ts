import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { loopMetrics } from './loop-metrics.ts';

/** Names carry their units. Each app has its own registry, so that two in one process do not mix. */
export const createMetrics = ({ processMetrics = false } = {}) => {
  const registry = new Registry();
  const registers = [registry];
  if (processMetrics) collectDefaultMetrics({ register: registry, prefix: 'autotrain_' });
  return {
    registry,
    requests: new Counter({
      name: 'autotrain_http_requests_total',
      help: 'HTTP requests answered, by route, method and status.',
      labelNames: ['route', 'method', 'status'] as const,
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'autotrain_http_request_duration_seconds',
      help: 'Time from the request to its answer.',
      labelNames: ['route', 'method'] as const,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 60, 600],
      registers,
    }),
    modelInfo: new Gauge({
      name: 'autotrain_model_info',
      help: '1 for the model version that serves.',
      labelNames: ['version'] as const,
      registers,
    }),
    modelReloads: new Counter({
      name: 'autotrain_model_reloads_total',
      help: 'Changes of the current link that were followed, by outcome; a refused one leaves the old model serving.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    modelRefused: new Gauge({
      name: 'autotrain_model_current_refused',
      help: '1 while the current link points to a version that cannot be loaded.',
      registers,
    }),
    files: new Gauge({
      name: 'autotrain_ledger_files',
      help: 'Candle files in the ledger, by status.',
      labelNames: ['status'] as const,
      registers,
    }),
    watermarkSeconds: new Gauge({
      name: 'autotrain_watermark_timestamp_seconds',
      help: 'Open time of the next candle to ask for, as Unix time.',
      labelNames: ['series'] as const,
      registers,
    }),
    missingCandles: new Gauge({
      name: 'autotrain_missing_candles',
      help: 'Candles that the exchange did not have, by series.',
      labelNames: ['series'] as const,
      registers,
    }),
    ...loopMetrics(registers),
    decisions: new Counter({
      name: 'autotrain_decisions_total',
      help: 'Answered parameter decisions, by strategy.',
      labelNames: ['strategy'] as const,
      registers,
    }),
    outcomes: new Counter({
      name: 'autotrain_outcomes_total',
      help: 'Outcomes received, by strategy and whether they were seen before.',
      labelNames: ['strategy', 'duplicate'] as const,
      registers,
    }),
  };
};

export type Metrics = ReturnType<typeof createMetrics>;
