import { setTimeout as delay } from 'node:timers/promises';

/**
 * Looks again and again while the work goes on. What goes wrong with a look, the work itself will say; a look that is under
 * way when the work has ended is called off.
 */
export const followed = async <T>(
  work: () => Promise<T>,
  look: (ended: AbortSignal) => Promise<void>,
  everyMs: number,
): Promise<T> => {
  const ended = new AbortController();
  const { signal } = ended;
  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      await look(signal).catch(() => undefined);
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const following = follow();
  try {
    return await work();
  } finally {
    ended.abort();
    await following;
  }
};
