import { Context } from '@temporalio/activity';

type AnyActivity = (...args: never[]) => Promise<unknown>;

/** Well within every heartbeat timeout (workflows/timeouts.ts), so that a busy moment is not taken for a death. */
const everyMs = 2_000;

/** Wraps every activity so that it heartbeats while it runs: Temporal notices within a minute that its worker is dead. */
export const beating = <T extends Record<string, AnyActivity>>(activities: T): T =>
  Object.fromEntries(
    Object.entries(activities).map(([name, run]) => [
      name,
      async (...args: never[]) => {
        const context = Context.current();
        const beat = setInterval(() => context.heartbeat(), everyMs);
        try {
          return await run(...args);
        } finally {
          clearInterval(beat);
        }
      },
    ]),
  ) as T;
