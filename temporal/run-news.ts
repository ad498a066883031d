import type { WorkflowSummary } from '../api/training.ts';

/** What runs every few minutes or seconds. */
export const routineTypes = ['tick', 'janitor', 'watch', 'ingest'] as const;

/** How a run ends that somebody has to look at: Temporal's word in a query, and the SDK's in an answer. */
export const badEnds = {
  Failed: 'FAILED',
  TimedOut: 'TIMED_OUT',
  Terminated: 'TERMINATED',
  Canceled: 'CANCELLED',
} as const;

/** What runs all the time and did not end badly: it hides what a person looks for. */
export const isRoutine = ({ type, status }: Pick<WorkflowSummary, 'type' | 'status'>): boolean =>
  routineTypes.some((routine) => routine === type) && !Object.values(badEnds).some((bad) => bad === status);

/** News before routine; each as it was ordered. */
export const newsFirst = <T extends Pick<WorkflowSummary, 'routine'>>(runs: readonly T[]): T[] => [
  ...runs.filter(({ routine }) => !routine),
  ...runs.filter(({ routine }) => routine),
];
