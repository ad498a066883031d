import { setTimeout as delay } from 'node:timers/promises';

/** Looks again and again while the work goes on. What goes wrong with a look, the work itself will say. */
export const followed = async <T>(
  work: () => Promise<T>,
  look: () => Promise<void>,
  everyMs: number,
): Promise<T> => {
  const ended = new AbortController();
  const { signal } = ended;
  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      await look().catch(() => undefined);
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
