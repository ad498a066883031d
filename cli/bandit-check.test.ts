import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { banditCheckCommand } from './bandit-check.ts';

const references = fileURLToPath(new URL('../../shared/data/bandit', import.meta.url));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bandit-check-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The references with the first rows of the stationary stream: enough for the posterior, and quick. */
const shortFolder = (): string => {
  cpSync(references, dir, { recursive: true });
  rmSync(join(dir, 'drift.csv'));
  rmSync(join(dir, 'linucb-ref.json'));
  const rows = readFileSync(join(references, 'stationary.csv'), 'utf8').split('\n');
  writeFileSync(join(dir, 'stationary.csv'), rows.slice(0, 2_501).join('\n'));
  return dir;
};

const edit = (name: string, change: (text: string) => string): void =>
  writeFileSync(join(dir, name), change(readFileSync(join(dir, name), 'utf8')));

const checked = (...argv: string[]) => {
  const { code, text } = banditCheckCommand([...argv, '--seeds', '1', '--json']);
  return { code, result: JSON.parse(text) as Record<string, unknown> };
};

describe('a folder of references', () => {
  test('is met to 1e-9 and 1e-8; what it lacks is null', () => {
    const { code, result } = checked(shortFolder());
    expect(result).toMatchObject({ ok: true, epsilon: 0.1, linucbIdentical: null });
    expect(result['posteriorMaxError']).toBeLessThan(1e-9);
    expect(result['propensityMaxError']).toBeLessThan(1e-9);
    expect(result['opeMaxError']).toBeLessThan(1e-8);
    const regret = result['regret'] as Record<string, Record<string, { seeds: number }>>;
    expect(Object.keys(regret)).toEqual(
      expect.arrayContaining(['default', 'lints', 'linucb', 'epsilonGreedy']),
    );
    expect(regret['default']!['stationary']).toMatchObject({ seeds: 1 });
    expect(code).toBe(0);
  });

  test('LinUCB is compared choice for choice', () => {
    const { choices } = (
      JSON.parse(readFileSync(join(references, 'linucb-ref.json'), 'utf8')) as {
        stationary: { choices: string };
      }
    ).stationary;
    shortFolder();
    const write = (text: string) =>
      writeFileSync(join(dir, 'linucb-ref.json'), JSON.stringify({ stationary: { choices: text } }));
    write(choices.slice(0, 2_500));
    expect(checked(dir).result['linucbIdentical']).toBe(true);
    write(`${choices.slice(0, 2_499)}${(Number(choices[2_499]) + 1) % 5}`);
    expect(checked(dir)).toMatchObject({ code: 1, result: { ok: false, linucbIdentical: false } });
  });

  test('a reference that differs fails', () => {
    shortFolder();
    edit('posterior-ref.json', (text) => {
      const reference = JSON.parse(text) as { cases: { arms: { beta: number[] }[] }[] };
      reference.cases[1]!.arms[2]!.beta[3]! += 1e-7;
      return JSON.stringify(reference);
    });
    expect(checked(dir).code).toBe(1);
  });

  test('a broken row is named with its file and line', () => {
    shortFolder();
    edit('stationary.csv', (text) => text.replace('\n1,', '\n1,x'));
    const { code, text } = banditCheckCommand([dir]);
    expect(code).toBe(2);
    expect(text).toContain('stationary.csv: line 3');
  });
});

test('without a folder streams are simulated, and the epsilon of judging is printed', () => {
  const { code, text } = banditCheckCommand(['--seeds', '1', '--epsilon', '0.15']);
  expect(text).toContain('judged with ε = 0.15');
  expect(text).toContain('posterior no reference');
  expect(code).toBe(0);
});

test.each([['--epsilon', '2'], ['--epsilon', 'x'], ['--seeds', '0'], ['--what', '1'], ['no-such-folder']])(
  '%s %s is wrong use',
  (...argv) => {
    const { code, text } = banditCheckCommand(argv);
    expect(code).toBe(2);
    expect(text).toContain('usage:');
  },
);
