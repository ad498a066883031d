import type { Client } from '@temporalio/client';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** How long the namespace keeps runs that have ended; 0: without end, or not said. */
export const retentionMs = async (client: Client, namespace: string): Promise<number> => {
  const { config } = await client.workflowService.describeNamespace({ namespace });
  return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1_000;
};

/** For a server of our own. Runs that have ended already keep the time that counted then. */
export const setRetention = async (client: Client, namespace: string, ms: number): Promise<void> => {
  const seconds = Math.round(ms / 1_000);
  await client.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: { seconds: seconds as never } },
  });
};

const inDays = (ms: number): string => `${Number((ms / dayMs).toFixed(2))} days`;

/** What is wrong with the retention of a server that is not ours; undefined: nothing. */
export const retentionWarning = (ms: number, namespace: string): string | undefined => {
  const mend = `temporal operator namespace update --namespace ${namespace} --retention 3d`;
  if (ms === 0) return `the namespace ${namespace} keeps ended runs without end, so it grows: ${mend}`;
  if (ms < dayMs)
    return `the namespace ${namespace} forgets ended runs after ${inDays(ms)}: a failure of the night is gone in the morning: ${mend}`;
  return ms > 30 * dayMs
    ? `the namespace ${namespace} keeps ended runs for ${inDays(ms)}; an ingest per minute and series leaves some 20 KB each: ${mend}`
    : undefined;
};
