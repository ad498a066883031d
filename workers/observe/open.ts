import type { RuntimeOptions } from '@temporalio/worker';
import { codeVersion } from '../../code-version.ts';
import type { Config } from '../../config.ts';
import { freePort } from '../../ports.ts';
import { openTracing, type Tracing } from '../../temporal/tracing.ts';
import { createWorkerMetrics, type WorkerMetrics } from './metrics.ts';
import { serveMetrics } from './serve.ts';
import { type TracedWork, tracedWork } from './tracing.ts';

export interface Observation {
  readonly metrics: WorkerMetrics;
  readonly tracing: Tracing | undefined;
  readonly traced: TracedWork;
  /** For `Runtime.install`: it must be there before the first connection. */
  readonly runtime: Pick<RuntimeOptions, 'telemetryOptions'>;
  /** Begins to answer where WORKER_METRICS_ADDRESS says; gives the address and how to stop. */
  serve(states: () => Readonly<Record<string, string>>): Promise<Served>;
}

interface Served {
  readonly url?: string;
  stop(): Promise<void>;
}

/** Names with units, as Prometheus wants them. */
const sdkOptions = (bindAddress: string): RuntimeOptions['telemetryOptions'] => ({
  metrics: {
    prometheus: {
      bindAddress,
      countersTotalSuffix: true,
      unitSuffix: true,
      useSecondsForDurations: true,
    },
  },
});

/** What this worker tells of itself. The SDK's exporter stays on loopback; one address answers for both. */
export const openObservation = async (
  { worker: { metricsAddress }, traceEndpoint }: Config,
  roles: readonly string[],
): Promise<Observation> => {
  const metrics = createWorkerMetrics({ processMetrics: metricsAddress !== undefined });
  metrics.info.set({ version: codeVersion(), roles: roles.join('+') }, 1);
  const tracing = await openTracing(traceEndpoint, 'autotrain-worker');
  const looksOn = { metrics, tracing, traced: await tracedWork(tracing) };
  if (metricsAddress === undefined)
    return { ...looksOn, runtime: {}, serve: async () => ({ stop: async () => undefined }) };
  const sdkAddress = `127.0.0.1:${await freePort()}`;
  return {
    ...looksOn,
    runtime: { telemetryOptions: sdkOptions(sdkAddress) ?? {} },
    serve: (states) =>
      serveMetrics({ address: metricsAddress, metrics, states, sdkUrl: `http://${sdkAddress}/metrics` }),
  };
};
