import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import type { TrainingHeartbeat } from '../activities/lease.ts';
import type { StepProgress } from '../api/training.ts';

type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>;

const decoded = async (client: Client, payload: Payload): Promise<unknown> => {
  const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter;
  let payloads = [payload];
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  return payloadConverter.fromPayload(payloads[0]!);
};

const isTraining = (details: unknown): details is TrainingHeartbeat =>
  typeof details === 'object' && details !== null && 'what' in details;

const stepOf = ({ what, phase, done, of }: TrainingHeartbeat): StepProgress => ({
  ...{ what, phase: phase ?? null, done: done ?? null, of: of ?? null },
});

/** What the trainings among these activities told last. Other activities tell nothing that can be counted. */
export const progressOf = async (client: Client, pending: Pending): Promise<StepProgress[]> => {
  const payloads = pending.flatMap(({ heartbeatDetails }) => heartbeatDetails?.payloads?.[0] ?? []);
  const details = await Promise.all(payloads.map((one) => decoded(client, one)));
  return details
    .filter(isTraining)
    .map(stepOf)
    .sort((a, b) => (a.what < b.what ? -1 : 1));
};
