import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];

const attributesKey = /^(.*)EventAttributes$/;

const nameOf = (event: HistoryEvent): string => {
  const key = Object.keys(event).find((name) => attributesKey.test(name)) ?? '';
  const name = attributesKey.exec(key)?.[1] ?? '';
  return name.charAt(0).toUpperCase() + name.slice(1);
};

const scheduledBy = ({
  activityTaskStartedEventAttributes: started,
  activityTaskCompletedEventAttributes: completed,
  activityTaskFailedEventAttributes: failed,
  activityTaskCanceledEventAttributes: canceled,
}: HistoryEvent) => (started ?? completed ?? failed ?? canceled)?.scheduledEventId;

/** The events as text, activities with their names: `ActivityTaskScheduled giveBack`. */
const namesOf = (events: readonly HistoryEvent[]): string[] => {
  const activities = new Map(
    events.map(({ eventId, activityTaskScheduledEventAttributes: scheduled }) => [
      String(eventId),
      scheduled?.activityType?.name,
    ]),
  );
  return events.map((event) => {
    const activity = activities.get(String(event.eventId)) ?? activities.get(String(scheduledBy(event)));
    return activity === undefined || activity === null ? nameOf(event) : `${nameOf(event)} ${activity}`;
  });
};

export const eventsOf = async (handle: WorkflowHandle): Promise<HistoryEvent[]> =>
  (await handle.fetchHistory()).events ?? [];

export const historyOf = async (handle: WorkflowHandle): Promise<string[]> => namesOf(await eventsOf(handle));

/** Resets a run to just behind its claim, as an operator does in the Web UI. @returns the id of the new run */
export const resetAfterClaim = (client: Client, handle: WorkflowHandle): Promise<string> =>
  resetBehind(client, handle, 'ActivityTaskCompleted claimFiles');

/** Resets a run to its very beginning. @returns the id of the new run */
export const resetToStart = (client: Client, handle: WorkflowHandle): Promise<string> =>
  resetBehind(client, handle, 'WorkflowExecutionStarted');

/** To the first workflow task that was completed behind the event of this name. */
const resetBehind = async (client: Client, handle: WorkflowHandle, event: string): Promise<string> => {
  const events = await eventsOf(handle);
  const names = namesOf(events);
  const at = names.indexOf('WorkflowTaskCompleted', names.indexOf(event));
  const { runId } = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: handle.workflowId, runId: (await handle.describe()).runId },
    reason: 'an operator asks for another try',
    requestId: randomUUID(),
    workflowTaskFinishEventId: events[at]?.eventId ?? null,
  });
  return runId;
};
