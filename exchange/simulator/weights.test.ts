import { expect, test } from 'vitest';
import { createWeightLimit } from './weights.ts';

const start = (options: { limit: number; patience?: number; banMs?: number }) => {
  let nowMs = 600_000;
  const limit = createWeightLimit({ ...options, wall: () => nowMs });
  return { admit: limit.admit, pass: (ms: number) => (nowMs += ms) };
};

test('the weight of a minute is used up, and the next minute is fresh', () => {
  const { admit, pass } = start({ limit: 4 });
  expect([admit(2), admit(2)]).toEqual([2, 4].map((usedWeight) => ({ allowed: true, usedWeight })));
  pass(31_000);
  expect(admit(2)).toEqual({ allowed: false, status: 429, usedWeight: 6, retryAfterMs: 29_000 });
  pass(29_000);
  expect(admit(2)).toEqual({ allowed: true, usedWeight: 2 });
});

test('who goes on asking is banned, for longer than the minute, and only that long', () => {
  const { admit, pass } = start({ limit: 1, patience: 2, banMs: 120_000 });
  expect([1, 2, 3, 4].map(() => admit(1)).map((a) => (a.allowed ? 200 : a.status))).toEqual([
    200, 429, 429, 418,
  ]);
  pass(60_000);
  expect(admit(1)).toMatchObject({ allowed: false, status: 418, retryAfterMs: 60_000 });
  pass(60_000);
  expect(admit(1)).toMatchObject({ allowed: true });
});
