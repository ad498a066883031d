import type { Client } from '@temporalio/client';
import type { Config } from '../../config.ts';
import { connectTemporal, temporalPlace } from '../temporal.ts';
import { type Check, fail, ok, reasonOf, warn } from './check.ts';

const namespaceOf = async (client: Client, namespace: string): Promise<void> => {
  await client.workflowService.describeNamespace({ namespace });
};

/** Reachable, and the namespace is there. What `npm start` brings up itself need not run yet. */
export const checkTemporal = async (config: Config, timeoutMs: number): Promise<Check> => {
  const { address, namespace } = temporalPlace(config);
  try {
    const client = await connectTemporal(config, timeoutMs);
    try {
      await namespaceOf(client, namespace);
      return ok('temporal', `${address}, namespace ${namespace}`);
    } finally {
      await client.connection.close();
    }
  } catch (error) {
    const found = reasonOf(error);
    if (config.explicit.has('TEMPORAL_ADDRESS'))
      return fail(
        'temporal',
        found,
        'start the server, or set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE to what is there',
      );
    return warn('temporal', found, '`npm start` brings its own server up; for another set TEMPORAL_ADDRESS');
  }
};
