import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import { ingestId } from '../workflows/ids.ts';

/** Of the notes that we leave on schedules: what a person paused has another one, and stays paused. */
const mark = 'autotrain: ';

export const goneNote = (series: string): string =>
  `${mark}${series} is no longer among SYMBOLS × TIMEFRAME; its candles and lineage stay, and it goes on when it is named again`;

export const isOurPause = (state: {
  readonly paused: boolean;
  readonly note?: string | undefined;
}): boolean => state.paused && (state.note?.startsWith(mark) ?? false);

/** The note of a schedule that we paused and start again. */
export const backNote = `${mark}named in SYMBOLS again`;

const pauseOne = async (client: Client, series: string): Promise<string[]> => {
  const handle = client.schedule.getHandle(`schedule-${ingestId(series)}`);
  try {
    const { state } = await handle.describe();
    if (state.paused) return [];
    await handle.pause(goneNote(series));
    return [handle.scheduleId];
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return [];
    throw error;
  }
};

/** Pauses the ingest of series that are no longer configured; gives the schedules that it paused. */
export const pauseGone = async (client: Client, gone: readonly string[]): Promise<string[]> => {
  const paused: string[] = [];
  for (const series of gone) paused.push(...(await pauseOne(client, series)));
  return paused;
};
