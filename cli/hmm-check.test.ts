import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const command = fileURLToPath(new URL('./hmm-check.ts', import.meta.url));
const good = fileURLToPath(new URL('../../shared/data/hmm/base_diag_T120_D1_K2.json', import.meta.url));

const run = (...argv: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', command, ...argv], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};

describe('npm run hmm:check', () => {
  let folder: string;
  let bad: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'hmm-check-'));
    bad = path.join(folder, 'bad.json');
    const value = JSON.parse(readFileSync(good, 'utf8')) as { after1: { log: { means: number[][] } } };
    value.after1.log.means[0]![0]! += 1e-6;
    writeFileSync(bad, JSON.stringify(value));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('passes a true case', () => {
    const { status, stdout } = run('--json', good);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      cases: 1,
      passed: 1,
      failed: 0,
      failures: [],
      worst: { log_emission: expect.any(Number) },
    });
  });

  it('names the file, the number and the difference of a false one, and exits with 1', () => {
    const { status, stdout } = run('--json', good, bad);
    const { cases, passed, failed, failures } = JSON.parse(stdout);
    expect([status, cases, passed, failed]).toEqual([1, 2, 1, 1]);
    expect(failures[0]).toEqual({
      file: bad,
      kernel: 'plain',
      what: 'after1.means[0]',
      got: expect.any(Number),
      want: expect.any(Number),
    });
    expect(run(bad).stdout).toMatch(
      /0 of 1 cases passed[\s\S]*bad\.json, plain kernel: after1\.means\[0\]: got/,
    );
  });

  it('counts a file that is not there or no case as failed', () => {
    expect(run('--json', path.join(folder, 'absent.json')).status).toBe(1);
    expect(
      JSON.parse(run('--json', fileURLToPath(new URL('../package.json', import.meta.url))).stdout).failed,
    ).toBe(1);
  });

  it('asks for files', () =>
    expect(run()).toMatchObject({ status: 2, stderr: expect.stringContaining('usage') }));
});
