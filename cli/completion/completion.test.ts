import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { autotrainCommand } from '../autotrain.ts';

let script: string;
beforeAll(async () => {
  script = (await autotrainCommand(['completion', 'bash'], {})).text;
});

/** What bash itself would offer after these words; the last is the one at the cursor. */
const completed = (...words: string[]): string[] => {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const asked = `${script}
COMP_WORDS=(autotrain ${quoted}); COMP_CWORD=${words.length}; _autotrain; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['--norc', '--noprofile', '-u'], { input: asked, encoding: 'utf8' });
  return out.split('\n').filter((line) => line !== '');
};

describe('bash completes', () => {
  it.each<[string[], string[]]>([
    [['sta'], ['status']],
    [['re'], ['resume', 'rehearse', 'reproduce']],
    [
      ['ledger', ''],
      ['show', 'gaps', 'snapshot', 'list', 'verify', 'restore'],
    ],
    [['ledger', 'restore', '--r'], ['--resume']],
    [
      ['--json', 'presets', 're'],
      ['register', 'retire'],
    ],
    [
      ['kill', 'tra'],
      ['training', 'trading'],
    ],
    [
      ['ingest', '--until', ''],
      ['chunk', 'now'],
    ],
    [['ingest', '--no'], ['--no-wait']],
    [['completion', 'z'], ['zsh']],
    [['import', 'x.csv', '--ser'], ['--series']],
  ])('%j', (words, expected) => {
    expect(completed(...words)).toEqual(expected);
  });

  it('nothing where a file may stand, or anything: files are offered then', () => {
    expect(completed('rollback', '--to', '')).toEqual([]);
    expect(completed('import', '')).toEqual([]);
  });
});

describe('each shell', () => {
  it.each(['bash', 'zsh', 'fish'])('%s: has every command', async (shell) => {
    const { code, text } = await autotrainCommand(['completion', shell], {});
    expect(code).toBe(0);
    for (const word of ['status', 'restore', 'rewind', 'trigger', 'n-states']) expect(text).toContain(word);
  });

  it('is one of these', async () => {
    const { code, text } = await autotrainCommand(['completion', 'tcsh'], {});
    expect(code).toBe(2);
    expect(text).toContain('Allowed choices are bash, zsh, fish');
  });
});
