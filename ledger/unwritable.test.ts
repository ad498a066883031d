import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { freshDir } from './fresh.fixture.ts';

const fixture = fileURLToPath(new URL('./unwritable.fixture.ts', import.meta.url));

/** Runs the fixture with files limited to `blocks` of 512 bytes. */
const run = (kind: string, blocks: string) => {
  const dir = freshDir();
  chmodSync(dir, 0o755);
  const script = `ulimit -f ${blocks}; exec "$@"`;
  const command = ['-c', script, 'sh', process.execPath, '--import', 'tsx', fixture, kind, dir];
  return JSON.parse(execFileSync('/bin/sh', command, { encoding: 'utf8' }));
};

test('a disk that is full is said so, for a CSV and for a row, and nothing half is stored', () => {
  const report = run('full', '2000');
  expect(report.csv).toMatch(/^StorageUnavailable: .*\.csv: .*nothing was stored$/);
  expect(report.row).toMatch(/^StorageUnavailable: .*manifest\.sqlite: .*nothing was stored$/);
  expect(report).toMatchObject({ missing: 0, temporary: 0 });
  expect(report.bars).toBe(report.watermarkBars);
}, 60_000);

test('a directory that is read-only is said so, and nothing is stored', () => {
  const report = run('readonly', 'unlimited');
  expect(report.csv).toMatch(/^StorageUnavailable: .*\.csv: it cannot be written to/);
  expect(report.row).toMatch(/^StorageUnavailable: .*other\.sqlite: /);
  expect(report).toMatchObject({ bars: 2, watermarkBars: 2, missing: 0, temporary: 0 });
}, 60_000);
