import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { badEnds, routineTypes } from './run-news.ts';

/** How many runs of each kind are listed. */
export interface RunCaps {
  /** Retrains, promotions, snapshots: what does not run all the time. */
  readonly rare: number;
  readonly bad: number;
  readonly routine: number;
}

/** Some eight routine runs start a minute, so these alone would fill any list: within the hour all else were gone. */
export const runCaps: RunCaps = { rare: 200, bad: 100, routine: 100 };

const dayMs = 86_400_000;

const quoted = (words: readonly string[]): string => `(${words.map((word) => `"${word}"`).join(', ')})`;

const newest = async (client: Client, query: string, cap: number): Promise<WorkflowExecutionInfo[]> => {
  const found: WorkflowExecutionInfo[] = [];
  for await (const run of client.workflow.list({ query, pageSize: cap })) {
    found.push(run);
    if (found.length >= cap) break;
  }
  return found;
};

/** What started within the last day: what is rare first, then what ended badly, then routine; each run once. */
export const runsOfADay = async (
  client: Client,
  caps: RunCaps = runCaps,
): Promise<WorkflowExecutionInfo[]> => {
  const today = `StartTime > "${new Date(Date.now() - dayMs).toISOString()}"`;
  const routine = quoted(routineTypes);
  const found = await Promise.all([
    newest(client, `${today} AND WorkflowType NOT IN ${routine}`, caps.rare),
    newest(client, `${today} AND ExecutionStatus IN ${quoted(Object.keys(badEnds))}`, caps.bad),
    newest(client, `${today} AND WorkflowType IN ${routine}`, caps.routine),
  ]);
  return [...new Map(found.flat().map((run) => [run.runId, run])).values()];
};
