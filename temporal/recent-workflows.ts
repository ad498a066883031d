import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { WorkflowSummary } from '../api/training.ts';
import { runLink } from './run-link.ts';

/** Newest first; enough for a day of a loop with a few series. */
const shown = 200;

/** A description costs a request: only what runs, and not many. */
const described = 20;

const dayMs = 86_400_000;

type Ui = Parameters<typeof runLink>[0];

const summaryOf = (ui: Ui, run: WorkflowExecutionInfo): WorkflowSummary => ({
  id: run.workflowId,
  runId: run.runId,
  type: run.type,
  status: run.status.name,
  startedAt: run.startTime.getTime(),
  ms: run.closeTime ? run.closeTime.getTime() - run.startTime.getTime() : null,
  attempts: null,
  url: runLink(ui, run),
});

/** The highest attempt of what the run waits for; a closed run does not say without its whole history. */
const attemptsOf = async (client: Client, { id, runId }: WorkflowSummary): Promise<number | null> => {
  const { raw } = await client.workflow.getHandle(id, runId).describe();
  const attempts = (raw.pendingActivities ?? []).map(({ attempt }) => attempt ?? 1);
  return attempts.length === 0 ? null : Math.max(...attempts);
};

/** Runs of the last day. */
export const recentWorkflows = async (client: Client, ui: Ui): Promise<WorkflowSummary[]> => {
  const rows: WorkflowSummary[] = [];
  const since = new Date(Date.now() - dayMs).toISOString();
  for await (const run of client.workflow.list({ pageSize: shown, query: `StartTime > "${since}"` })) {
    rows.push(summaryOf(ui, run));
    if (rows.length >= shown) break;
  }
  const running = rows.filter(({ status }) => status === 'RUNNING').slice(0, described);
  const attempts = await Promise.all(running.map((row) => attemptsOf(client, row)));
  const byRun = new Map(running.map(({ runId }, i) => [runId, attempts[i] ?? null]));
  return rows.map((row) => ({ ...row, attempts: byRun.get(row.runId) ?? null }));
};
