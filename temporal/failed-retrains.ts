import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { FailedRetrains } from '../health/loop-view.ts';
import { retrainId } from '../workflows/ids.ts';
import { failureOf } from './failure-of.ts';

const looked = 20;

const failedStatuses = new Set(['FAILED', 'TIMED_OUT', 'TERMINATED']);

/** Of those that ended, newest first; one that was cancelled tells nothing about the loop. */
const endedRetrains = async (client: Client): Promise<WorkflowExecutionInfo[]> => {
  const runs: WorkflowExecutionInfo[] = [];
  const query = `WorkflowId = '${retrainId}' AND ExecutionStatus != 'Running'`;
  for await (const run of client.workflow.list({ query, pageSize: looked })) {
    if (run.status.name !== 'CANCELLED') runs.push(run);
    if (runs.length >= looked) break;
  }
  return runs.sort((a, b) => Number(b.startTime) - Number(a.startTime));
};

/** Asked of the run itself: the list tells the status only. */
const reasonOf = async (client: Client, { workflowId, runId }: WorkflowExecutionInfo) => {
  const handle = client.workflow.getHandle(workflowId, runId, { firstExecutionRunId: runId });
  return failureOf(await handle.result().catch((error: unknown) => error));
};

/** How many of the newest retrains failed in a row; undefined when the newest did not. A refusal by the kill switch is no failure. */
export const failedRetrains = async (client: Client): Promise<FailedRetrains | undefined> => {
  const runs = await endedRetrains(client);
  const healthy = runs.findIndex(({ status }) => !failedStatuses.has(status.name));
  const inARow = healthy < 0 ? runs.length : healthy;
  const [newest] = runs;
  if (!newest || inARow === 0) return undefined;
  const { type, message } = await reasonOf(client, newest);
  if (type === 'TrainingKilled') return undefined;
  return { inARow, type, message, workflowId: newest.workflowId, runId: newest.runId };
};
