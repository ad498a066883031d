import { expect, it } from 'vitest';
import { createRandom } from '../../numerics/random.ts';
import { adjustedRandIndex } from './rand-index.ts';

it('is 1 for the same cut under other names', () => {
  expect(adjustedRandIndex([0, 0, 1, 1, 2], [5, 5, 0, 0, 1])).toBe(1);
  expect(adjustedRandIndex([3, 3, 3], [1, 1, 1])).toBe(1);
  expect(adjustedRandIndex([], [])).toBe(1);
});

it('is what pairs counted one by one give', () => {
  // 6 items: together in both 2 pairs, in the first 6, in the second 3, of 15: (2 − 1.2) / (4.5 − 1.2).
  expect(adjustedRandIndex([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2])).toBeCloseTo(0.8 / 3.3, 12);
});

it('is about 0 for labels by chance', () => {
  const random = createRandom(1);
  const labels = () => Array.from({ length: 5000 }, () => random.integer(4));
  expect(Math.abs(adjustedRandIndex(labels(), labels()))).toBeLessThan(0.01);
});

it('refuses labellings of different lengths', () => {
  expect(() => adjustedRandIndex([1], [1, 2])).toThrow(RangeError);
});
