import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { followed } from './follow.ts';

it('work that has ended is answered at once, whatever a look under way still waits for', async () => {
  let calledOff = false;
  const look = async (ended: AbortSignal): Promise<void> => {
    await delay(60_000, undefined, { signal: ended }).catch((error: unknown) => {
      calledOff = true;
      throw error;
    });
  };
  const startedMs = performance.now();
  expect(await followed(() => delay(20, 'done'), look, 1)).toBe('done');
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  expect(calledOff).toBe(true);
});
