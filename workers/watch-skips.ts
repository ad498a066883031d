import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Ledger } from '../ledger/open.ts';
import { describeSkip, lookForSkips } from '../temporal/skips.ts';

export interface SkipWatch {
  readonly client: Client;
  readonly ledger: Pick<Ledger, 'lookAtSchedule'>;
  readonly log: Pick<Logger, 'warn' | 'debug'>;
  readonly schedules: readonly string[];
  readonly everyMs: number;
}

/** Says what schedules left out, at once and from then on: a machine that wakes up starts no process. Returns how to stop, which ends with the look that is under way. */
export const watchSkips = ({ client, ledger, log, schedules, everyMs }: SkipWatch): (() => Promise<void>) => {
  let busy = false;
  let looking: Promise<void>;
  const look = async (): Promise<void> => {
    busy = true;
    try {
      for (const skip of await lookForSkips(client, ledger, schedules)) log.warn(skip, describeSkip(skip));
    } catch (error) {
      // A server that is away is told by everything else; the next look finds what this one missed.
      log.debug({ error }, 'schedules could not be looked at');
    } finally {
      busy = false;
    }
  };
  const lookAgain = (): void => {
    if (!busy) looking = look();
  };
  looking = look();
  const timer = setInterval(lookAgain, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };
};
