import { expect, it } from 'vitest';
import { badlyAimed } from './aim.ts';

it('rounds that tell fail when too few deaths hit something under way', () => {
  expect(badlyAimed(0.79, 30)).toEqual([expect.stringMatching(/^wrong: 0\.79 of the kills/)]);
  expect(badlyAimed(0.8, 30)).toEqual([]);
  expect(badlyAimed(0.2, 29)).toEqual([]);
});
