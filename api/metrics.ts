import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { addProcessMetrics } from '../health/process-metrics.ts';
import { banditMetrics } from './bandit-metrics.ts';
import { loopMetrics } from './loop-metrics.ts';
import { modelMetrics } from './model-metrics.ts';

/** Names carry their units. Each app has its own registry, so that two in one process do not mix. */
export const createMetrics = ({ processMetrics = false } = {}) => {
  const registry = new Registry();
  const registers = [registry];
  if (processMetrics) addProcessMetrics(registry);
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
    ...modelMetrics(registers),
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
    ...banditMetrics(registers),
  };
};

export type Metrics = ReturnType<typeof createMetrics>;
