import { setTimeout as delay } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { beating } from './beating.ts';

test('an activity heartbeats while it runs, and no longer', async () => {
  const environment = new MockActivityEnvironment();
  let beats = 0;
  environment.on('heartbeat', () => {
    beats += 1;
  });
  const { slow } = beating({ slow: async (ms: number) => delay(ms, 'done') });
  expect(await environment.run(slow, 4_500)).toBe('done');
  expect(beats).toBe(2);
  await delay(2_500);
  expect(beats).toBe(2);
});

test('also when it fails', async () => {
  const environment = new MockActivityEnvironment();
  const { broken } = beating({ broken: async () => Promise.reject(new Error('no')) });
  await expect(environment.run(broken)).rejects.toThrow('no');
});
