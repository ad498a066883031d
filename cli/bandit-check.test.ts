import { expect, test } from 'vitest';
import { banditCheckCommand } from './bandit-check.ts';

test('says which epsilon it judged with, and passes', () => {
  const { code, text } = banditCheckCommand(['--steps', '3000', '--epsilon', '0.15']);
  expect(text).toContain('ε = 0.15 while judging');
  expect(code).toBe(0);
});

test('one object for programs', () => {
  const { text } = banditCheckCommand(['--steps', '2000', '--json']);
  const { epsilon, streams } = JSON.parse(text) as { epsilon: number; streams: { kind: string }[] };
  expect(epsilon).toBe(0.1);
  expect(streams.map(({ kind }) => kind)).toEqual(['stationary', 'drift']);
});

test.each([
  ['--epsilon', '2'],
  ['--epsilon', 'x'],
  ['--steps', '5'],
  ['--seed', '1.5'],
  ['--what', '1'],
])('%s %s is wrong use', (...argv) => {
  const { code, text } = banditCheckCommand(argv);
  expect(code).toBe(2);
  expect(text).toContain('usage:');
});
