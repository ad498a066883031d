import { expect, it } from 'vitest';
import { longestGapDays } from './cron-gap.ts';

it.each([
  ['30 4 * * *', 1],
  ['*/5 * * * *', 1],
  ['0 0 * * 0', 7],
  ['0 0 * * 7', 7],
  ['0 0 * * 1-5', 3],
  ['0 0 * * 1,4', 4],
  ['0 0 */2 * *', 2],
  ['0 0 10/10 * *', 19],
  ['0 0 1 * *', 31],
  ['0 0 1 1 *', 366],
  ['0 0 29 2 *', 1461],
  ['0 0 31 2 *', Number.POSITIVE_INFINITY],
])('%s leaves at most %s days out', (cron, days) => {
  expect(longestGapDays(cron)).toBe(days);
});
