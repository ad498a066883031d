import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import { retrainId } from '../workflows/ids.ts';

/** How our own pause is told from an operator's. */
const ours = 'kill switch: ';

/**
 * Pauses the retrain schedule with a note, or takes our own pause back. A pause that an operator made stays his; one that
 * he lifted while the switch holds is made again. Without the schedule there is nothing to hold.
 */
export const holdRetrain = async (client: Client, note: string | undefined): Promise<void> => {
  const handle = client.schedule.getHandle(`schedule-${retrainId}`);
  try {
    const { state } = await handle.describe();
    const isOurs = state.paused && (state.note ?? '').startsWith(ours);
    if (note !== undefined && !state.paused) await handle.pause(`${ours}${note}`);
    if (note === undefined && isOurs) await handle.unpause('the training loop was resumed');
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
};
