import type { RuntimeOptions } from '@temporalio/worker';
import { freePort } from '../../cli/embedded/ports.ts';
import { codeVersion } from '../../code-version.ts';
import type { Config } from '../../config.ts';
import { createWorkerMetrics, type WorkerMetrics } from './metrics.ts';
import { serveMetrics } from './serve.ts';

export interface Observation {
  readonly metrics: WorkerMetrics;
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
  { worker: { metricsAddress } }: Config,
  roles: readonly string[],
): Promise<Observation> => {
  const metrics = createWorkerMetrics({ processMetrics: metricsAddress !== undefined });
  metrics.info.set({ version: codeVersion(), roles: roles.join('+') }, 1);
  if (metricsAddress === undefined)
    return { metrics, runtime: {}, serve: async () => ({ stop: async () => undefined }) };
  const sdkAddress = `127.0.0.1:${await freePort()}`;
  return {
    metrics,
    runtime: { telemetryOptions: sdkOptions(sdkAddress) ?? {} },
    serve: (states) =>
      serveMetrics({ address: metricsAddress, metrics, states, sdkUrl: `http://${sdkAddress}/metrics` }),
  };
};
