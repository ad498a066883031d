import { collectDefaultMetrics, type Registry } from 'prom-client';

const prefix = 'autotrain_';

/** Sums of what stands beside them by type, and gauges under the suffix of counters. */
const misnamed = ['handles', 'requests', 'resources'].map((what) => `${prefix}nodejs_active_${what}_total`);

/** What Node says of this process: CPU, memory, event loop, garbage collection. */
export const addProcessMetrics = (registry: Registry): void => {
  collectDefaultMetrics({ register: registry, prefix });
  for (const name of misnamed) registry.removeSingleMetric(name);
};
