import { type Client, isGrpcServiceError, type WorkflowExecutionInfo } from '@temporalio/client';
import { runLink } from '../alerts/run-link.ts';
import type { WorkflowSummary } from '../api/training.ts';
import { attributes } from '../workflows/search-attributes.ts';

import { isRoutine } from './run-news.ts';
import { type RunCaps, runsOfADay } from './runs-of-a-day.ts';
import { progressOf } from './training-progress.ts';

/** A description costs a request: only what runs, and not many. */
const described = 20;

/** Histories of runs that are over that are read for one answer; the others' are read for the next ones. */
const readAtOnce = 20;

const notFound = 5;

type Ui = Parameters<typeof runLink>[0];

const summaryOf = (ui: Ui, run: WorkflowExecutionInfo): WorkflowSummary => ({
  id: run.workflowId,
  runId: run.runId,
  type: run.type,
  status: run.status.name,
  routine: isRoutine({ type: run.type, status: run.status.name }),
  startedAt: run.startTime.getTime(),
  ms: run.closeTime ? run.closeTime.getTime() - run.startTime.getTime() : null,
  stage: run.typedSearchAttributes.get(attributes.stage) ?? null,
  attempts: null,
  progress: [],
  url: runLink(ui, run),
});

const highest = (attempts: readonly number[]): number | null =>
  attempts.length === 0 ? null : Math.max(...attempts);

type Now = Pick<WorkflowSummary, 'attempts' | 'progress'>;

/** Of what the run waits for. */
const readNow = async (client: Client, { id, runId }: WorkflowSummary): Promise<Now> => {
  const { raw } = await client.workflow.getHandle(id, runId).describe();
  const pending = raw.pendingActivities ?? [];
  return {
    attempts: highest(pending.map(({ attempt }) => attempt ?? 1)),
    progress: await progressOf(client, pending),
  };
};

/** Of all that the run did: only its history says it. Null where Temporal has let that go already. */
const attemptsInAll = async (client: Client, { id, runId }: WorkflowSummary): Promise<number | null> => {
  try {
    const { events } = await client.workflow.getHandle(id, runId).fetchHistory();
    const started = (events ?? []).map((event) => event.activityTaskStartedEventAttributes);
    return highest(started.flatMap((one) => (one ? [one.attempt ?? 1] : [])));
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === notFound) return null;
    throw error;
  }
};

/** By run. */
const readEach = async <T>(
  client: Client,
  rows: readonly WorkflowSummary[],
  read: (client: Client, row: WorkflowSummary) => Promise<T>,
): Promise<Map<string, T>> =>
  new Map(await Promise.all(rows.map(async (row) => [row.runId, await read(client, row)] as const)));

const newestFirst = (a: WorkflowSummary, b: WorkflowSummary): number => b.startedAt - a.startedAt;

/**
 * Runs of the last day, newest first. What a history said is remembered: a run that is over does nothing more. Those
 * of rare and bad runs are read before those of routine.
 */
export const createRecentWorkflows = (
  client: Client,
  ui: Ui,
  caps?: RunCaps,
): (() => Promise<WorkflowSummary[]>) => {
  let over = new Map<string, number | null>();
  return async () => {
    const rows = (await runsOfADay(client, caps)).map((run) => summaryOf(ui, run));
    const [running, ended] = [
      rows.filter(({ status }) => status === 'RUNNING').slice(0, described),
      rows.filter(({ status }) => status !== 'RUNNING'),
    ];
    const unread = ended.filter(({ runId }) => !over.has(runId)).slice(0, readAtOnce);
    const known = new Map([...over, ...(await readEach(client, unread, attemptsInAll))]);
    over = new Map(ended.flatMap(({ runId }) => (known.has(runId) ? [[runId, known.get(runId)!]] : [])));
    const now = await readEach(client, running, readNow);
    return rows
      .map((row) => ({ ...row, attempts: over.get(row.runId) ?? null, ...now.get(row.runId) }))
      .sort(newestFirst);
  };
};
