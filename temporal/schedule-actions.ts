import { type Client, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { ScheduleRequest } from '../api/training.ts';
import { WorkFailed } from './failure-of.ts';

/** A trigger starts the tick once, unless one of it runs. Throws WorkFailed `UnknownSchedule`. */
export const actOnSchedule = async (
  client: Client,
  { id, action, actor, reason }: ScheduleRequest,
): Promise<{ id: string; paused: boolean; note: string | undefined }> => {
  const handle = client.schedule.getHandle(id);
  const note = `${actor}: ${reason}`;
  try {
    if (action === 'pause') await handle.pause(note);
    else if (action === 'unpause') await handle.unpause(note);
    else await handle.trigger(ScheduleOverlapPolicy.SKIP);
    const { state } = await handle.describe();
    return { id, paused: state.paused, note: state.note };
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new WorkFailed('UnknownSchedule', `there is no schedule ${id}`, undefined);
  }
};
