import { expect, test } from 'vitest';
import { createClock } from './clock.ts';

const wallAt = (start: number) => {
  let nowMs = start;
  return { wall: () => nowMs, pass: (ms: number) => (nowMs += ms) };
};

test('a frozen clock stands, can be advanced, and never goes back', () => {
  const { wall, pass } = wallAt(5);
  const clock = createClock({ startMs: 1000, wall });
  pass(60_000);
  expect(clock.now()).toBe(1000);
  clock.advanceTo(2000);
  clock.advanceBy(500);
  expect(clock.now()).toBe(2500);
  expect(() => clock.advanceTo(2499)).toThrow('does not go back');
  expect(() => clock.advanceBy(Number.NaN)).toThrow('is not a time');
  expect(clock.now()).toBe(2500);
});

test('speed counts from the moment it is set, and freezing keeps the time', () => {
  const { wall, pass } = wallAt(0);
  const clock = createClock({ startMs: 1000, speed: 1, wall });
  pass(100);
  expect(clock.now()).toBe(1100);
  clock.setSpeed(60);
  pass(100);
  expect(clock.now()).toBe(7100);
  clock.setSpeed(0);
  pass(1_000_000);
  expect(clock.now()).toBe(7100);
  expect(() => clock.setSpeed(-1)).toThrow('is not a speed');
});

test('a wall clock that is set back does not turn the simulated one', () => {
  const { wall, pass } = wallAt(1_000_000);
  const clock = createClock({ startMs: 0, speed: 1, wall });
  pass(-5000);
  expect(clock.now()).toBe(0);
});
