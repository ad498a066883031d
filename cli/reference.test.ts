import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Cli } from './cli.ts';
import { createProgram, leavesOf, usageOf } from './program.ts';
import { noProgress } from './progress.ts';

const page = readFileSync(new URL('../docs/reference/cli.md', import.meta.url), 'utf8');

let program: Command;
beforeAll(() => {
  const nowhere = { env: {}, progress: noProgress, say: () => {}, answer: () => {} };
  program = createProgram((common): Cli => ({ ...nowhere, common }));
});

const cell = (text: string): string => text.replaceAll('|', '\\|');

const rowOf = (command: Command): string =>
  `| \`${cell(usageOf(command))}\` | ${cell(command.description())} |`;

describe('docs/reference/cli.md', () => {
  it('lists each command as it is, and no other', () => {
    const listed = page.split('\n').filter((line) => line.startsWith('| `autotrain '));
    expect(listed).toEqual(leavesOf(program).map(rowOf));
  });

  it('explains each common option', () => {
    const flags = program.options.map(({ flags: all }) => all).filter((flag) => !flag.includes('--version'));
    for (const flag of flags) expect(page).toContain(`| \`${flag}\` |`);
  });
});
