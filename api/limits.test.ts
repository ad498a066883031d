import { expect, it } from 'vitest';
import { createRateLimit } from './limits.ts';

const rates = {
  engine: { perSecond: 100, burst: 100 },
  read: { perSecond: 10, burst: 10 },
  work: { perSecond: 1, burst: 2 },
};

it('lets a burst through, then as many as the seconds that passed allow', () => {
  let nowMs = 0;
  const take = createRateLimit(rates, () => nowMs);
  take('work', 'a');
  take('work', 'a');
  expect(() => take('work', 'a')).toThrow(
    expect.objectContaining({ status: 429, headers: { 'Retry-After': '1' } }),
  );
  nowMs += 1_000;
  take('work', 'a');
  expect(() => take('work', 'a')).toThrow(expect.objectContaining({ status: 429 }));
});

it('counts clients and classes apart', () => {
  const take = createRateLimit(rates, () => 0);
  take('work', 'a');
  take('work', 'a');
  expect(() => take('work', 'b')).not.toThrow();
  expect(() => take('read', 'a')).not.toThrow();
});
