import { type Client, WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client';
import { promoteId, taskQueues } from '../workflows/ids.ts';
import { attributes, awaitingApproval } from '../workflows/search-attributes.ts';
import type { PromotionRecord, PromotionRequest, Proposal } from '../workflows/types.ts';

/** Starts the promote workflow where none is open. One operation serves one request. */
const startOrJoin = () =>
  new WithStartWorkflowOperation('promote', {
    workflowId: promoteId,
    taskQueue: taskQueues.train,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [],
    staticSummary: 'Moves the champion: promotions, rollbacks, approvals, one at a time',
  });

/** Carries out one decision; the same `requestId` asked twice is one update. */
export const askDecision = (client: Client, request: PromotionRequest): Promise<PromotionRecord> =>
  client.workflow.executeUpdateWithStart<never, PromotionRecord, [PromotionRequest]>('decide', {
    updateId: request.requestId,
    args: [request],
    startWorkflowOperation: startOrJoin() as never,
  });

/** Puts a version before a person. */
export const askApproval = async (client: Client, proposal: Proposal): Promise<void> => {
  await client.workflow.executeUpdateWithStart<never, unknown, [Proposal]>('propose', {
    updateId: `propose:${proposal.versionId}`,
    args: [proposal],
    startWorkflowOperation: startOrJoin() as never,
  });
};

/** The version that waits for a person, by what its run says of itself: no worker has to be up for it. */
export const awaitedVersion = async (client: Client): Promise<string | undefined> => {
  try {
    const { status, typedSearchAttributes } = await client.workflow.getHandle(promoteId).describe();
    const waits =
      status.name === 'RUNNING' && typedSearchAttributes.get(attributes.outcome) === awaitingApproval;
    return waits ? typedSearchAttributes.get(attributes.version) : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
};
