import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command as Parser } from 'commander';
import { describe, expect, it } from 'vitest';
import type { Cli } from '../cli/cli.ts';
import { createProgram } from '../cli/program.ts';
import { noProgress } from '../cli/progress.ts';
import { blocksOf, inlineOf, pages, reasons, root } from '../tests/support/documents.ts';

const inline = pages.flatMap(inlineOf);
const mentioned = (begin: string): string[] => [
  ...new Set(inline.map(({ script }) => script).filter((script) => script.startsWith(begin))),
];

const git = (...args: string[]): string[] =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

const nowhere = { env: {}, progress: noProgress, say: () => {}, answer: () => {} };
const program = createProgram((common): Cli => ({ ...nowhere, common }));

/** Of the words of a shell, quotes taken off. */
const wordsOf = (text: string): string[] =>
  [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');

/** What the parser of commands has against these words; nothing is done. */
const refusalOf = (words: readonly string[]): string | undefined => {
  let command: Parser = program;
  let rest = [...words];
  for (;;) {
    const next = command.commands.find((one) => one.name() === rest[0]);
    if (!next) break;
    [command, rest] = [next, rest.slice(1)];
  }
  if (command.commands.length > 0) return `no command ${rest[0]}`;
  const { operands, unknown } = command.parseOptions(rest.filter((word) => word !== '--json'));
  const required = command.registeredArguments.filter((one) => one.required).length;
  if (unknown.length > 0) return `no option ${unknown.join(' ')}`;
  if (operands.length > command.registeredArguments.length) return `too much: ${operands.join(' ')}`;
  return operands.length < required ? `${required} arguments wanted` : undefined;
};

describe('commands in the text of the documents', () => {
  it('are found', () => {
    expect(inline.length).toBeGreaterThan(150);
    expect(inline.some(({ page }) => page === 'docs/how-to/runbook.md')).toBe(true);
  });

  it.each(mentioned('npm '))('%s is a script of package.json', (script) => {
    const [, first = '', second = ''] = script.split(' ');
    const name =
      first === 'run'
        ? wordsOf(script)
            .slice(2)
            .find((word) => !word.startsWith('--'))
        : first;
    expect(['ci', 'audit', ...Object.keys(scripts)], second).toContain(name);
  });

  it.each(mentioned('npx vitest run '))('%s names tests that there are', (script) => {
    const tests = git('ls-files', '--cached', '--others', '--exclude-standard', '*.test.ts');
    for (const filter of script.split(' ').slice(3))
      expect(tests.some((file) => file.includes(filter.replace(/\/$/, '')))).toBe(true);
  });

  it.each(
    [...mentioned('npx autotrain '), ...mentioned('npm run autotrain -- ')].filter(
      (script) => !script.endsWith(' COMMAND'),
    ),
  )('%s is a command with these options', (script) => {
    expect(refusalOf(wordsOf(script.replace(/^npx autotrain |^npm run autotrain -- /, '')))).toBeUndefined();
  });

  it('a command, an option or an argument that there is not is found', () => {
    expect(refusalOf(['statos'])).toBe('no command statos');
    expect(refusalOf(['ledger', 'verfy'])).toBe('no command verfy');
    expect(refusalOf(['status', '--al'])).toBe('no option --al');
    expect(refusalOf(['promote'])).toBe('1 arguments wanted');
    expect(refusalOf(['rollback', 'v1'])).toBe('too much: v1');
  });
});

it('a test that is named as the reason why a command is not run is there', () => {
  const named = reasons.flatMap((reason) => reason.match(/[\w./-]+\.test\.ts\b/g) ?? []);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

it('every reason says something of a command', () => {
  const marks = pages.flatMap(
    (page) => readFileSync(join(root, page), 'utf8').match(/<!-- not run: (?!why -->)/g) ?? [],
  );
  const used = pages.flatMap((page) =>
    [...blocksOf(page), ...inlineOf(page)].filter(({ isMarked }) => isMarked),
  );
  expect(used.length).toBe(marks.length);
});
