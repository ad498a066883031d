import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { TickRequest } from './types.ts';

/**
 * What schedules start: it starts the one run that has the fixed id, and ends quietly when that run is already there.
 * (A schedule's own runs carry the time in their id, so they could overlap with a run started by hand.)
 */
export async function tick(request: TickRequest): Promise<'started' | 'already running'> {
  try {
    await startChild(request.workflow, {
      workflowId: request.workflowId,
      args: [...request.args],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: request.summary,
      memo: { ...request.memo },
    });
    return 'started';
  } catch (error) {
    if (isAlreadyStarted(error)) return 'already running';
    throw error;
  }
}

const isAlreadyStarted = (error: unknown): boolean =>
  error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError';
