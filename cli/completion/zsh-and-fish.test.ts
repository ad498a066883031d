import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasProgram } from '../../tests/support/programs.ts';
import { autotrainCommand } from '../autotrain.ts';

/** The only file where the shells are asked; its name begins as a command does. */
const file = 'lecture.csv';

const expected: Readonly<Record<string, readonly string[]>> = {
  'autotrain le': ['ledger'],
  'autotrain re': ['rehearse', 'reproduce', 'resume'],
  'autotrain ledger ': ['gaps', 'list', 'restore', 'show', 'snapshot', 'verify'],
  'autotrain ledger restore --r': ['--resume'],
  'autotrain --json presets re': ['register', 'retire'],
  'autotrain --url http://127.0.0.1:8000 kill tra': ['trading', 'training'],
  'autotrain ingest --until ': ['chunk', 'now'],
  'autotrain ingest --no': ['--no-wait'],
  'autotrain completion z': ['zsh'],
  'autotrain import lec': [file],
  'autotrain import ': [file],
  [`autotrain import ${file} --ser`]: ['--series'],
  'autotrain rollback --to ': [file],
};

const lines = Object.keys(expected);

let home: string;
let here: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'autotrain-shell-'));
  here = join(home, 'here');
  mkdirSync(here);
  writeFileSync(join(here, file), '');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const place = async (shell: string, folder: string, name: string): Promise<void> => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), (await autotrainCommand(['completion', shell], {})).text);
};

const run = (program: string, args: readonly string[], input = ''): string =>
  execFileSync(program, args, {
    ...{ cwd: here, input, encoding: 'utf8', timeout: 60_000 },
    env: { PATH: process.env['PATH'], HOME: home, TERM: 'dumb', LC_ALL: 'C.UTF-8' },
  });

/** What was answered after `== LINE`, by line, without what stands behind a tab: descriptions. */
const byLine = (answers: string): Record<string, string[]> =>
  Object.fromEntries(
    answers.split(/^== /m).flatMap((part) => {
      const [line = '', ...words] = part.trimEnd().split('\n');
      const names = words.map((word) => word.split('\t')[0]!).filter((word) => word !== '');
      return lines.includes(line) ? [[line, [...new Set(names)].sort()]] : [];
    }),
  );

const zshFunction = 'autotrain() { npx autotrain "$@"; }\nautoload -Uz compinit';

describe.runIf(hasProgram('zsh')).each([
  ['from a folder of $fpath', `${zshFunction}\nfpath=($HOME/completions $fpath)\ncompinit -u -D`],
  ['sourced', `${zshFunction}\ncompinit -u -D\nsource $HOME/completions/_autotrain`],
])('zsh, %s, completes', (_, setup) => {
  it('commands, options, values and files', async () => {
    await place('zsh', join(home, 'completions'), '_autotrain');
    writeFileSync(join(home, 'setup'), setup);
    const ask = fileURLToPath(new URL('ask.zsh', import.meta.url));
    const answers = join(home, 'answers');
    run('zsh', ['-f', ask, join(home, 'setup'), answers], `${lines.join('\n')}\n`);
    expect(byLine(readFileSync(answers, 'utf8'))).toEqual(expected);
  });
});

describe.runIf(hasProgram('fish'))('fish, from its folder of completions, completes', () => {
  it('commands, options, values and files', async () => {
    await place('fish', join(home, '.config/fish/completions'), 'autotrain.fish');
    const asked = lines.map((line) => `echo '== ${line}'; complete -C '${line}'`);
    // It looks for the completions of what there is alone.
    const answers = run('fish', ['-c', ["alias autotrain 'npx autotrain'", ...asked].join('\n')]);
    expect(byLine(answers)).toEqual(expected);
  });
});
