import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import type { Ledger } from '../ledger/open.ts';
import type { ScheduleLook, Skipped } from '../ledger/schedule-looks.ts';

const describeOne = async (client: Client, schedule: string): Promise<ScheduleLook | undefined> => {
  try {
    const { info } = await client.schedule.getHandle(schedule).describe();
    const lastRunAt = info.recentActions.at(-1)?.scheduledAt.getTime() ?? null;
    return { schedule, skipped: info.numActionsMissedCatchupWindow, lastRunAt };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
};

/**
 * Runs that schedules left out since the last look, because they were due while nobody could start them and the
 * catch-up window was over when somebody could: a laptop that slept, a server that was down. Temporal counts them and
 * says nothing; this finds where they lie, for the log and the audit.
 */
export const lookForSkips = async (
  client: Client,
  ledger: Pick<Ledger, 'lookAtSchedule'>,
  schedules: readonly string[],
): Promise<Skipped[]> => {
  const found: Skipped[] = [];
  for (const schedule of schedules) {
    const seen = await describeOne(client, schedule);
    const skipped = seen && ledger.lookAtSchedule(seen);
    if (skipped) found.push(skipped);
  }
  return found;
};

export const describeSkip = ({ schedule, ticks, fromMs, toMs }: Skipped): string =>
  `skipped ${ticks} ticks of ${schedule} between ${new Date(fromMs).toISOString()} and ${new Date(toMs).toISOString()}; what they would have done is caught up by the next one`;
