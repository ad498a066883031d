import { expect, it } from 'vitest';
import { tellingOnce } from './told-once.ts';

it('tells a failure when it comes, changes, or comes again, and not each time that it is met', () => {
  const told: string[] = [];
  const safely = tellingOnce(({ message }) => told.push(message));
  const failing = (message: string) => () => {
    throw new Error(message);
  };
  expect(safely(() => 1)).toBe(1);
  for (const message of ['full', 'full', 'gone', 'gone', 'full'])
    expect(safely(failing(message))).toBeUndefined();
  expect(told).toEqual(['full', 'gone', 'full']);
  expect(safely(() => 2)).toBe(2);
  safely(failing('full'));
  expect(told).toEqual(['full', 'gone', 'full', 'full']);
});
