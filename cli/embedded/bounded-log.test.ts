import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../tests/support/until.ts';
import { boundLog, rotate } from './bounded-log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'autotrain-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const talker =
  "let n = 0; setInterval(() => console.log('line ' + n++ + ' '.repeat(90)), 1); setTimeout(() => process.exit(0), 600)";

it('a process that never stops talking fills two files of the size that is set, and goes on in the first', async () => {
  const file = path.join(folder, 'server.log');
  const out = openSync(file, 'a');
  const stop = boundLog(file, () => {}, { maxBytes: 5_000, everyMs: 10 });
  const child = spawn(process.execPath, ['-e', talker], { stdio: ['ignore', out, out] });
  await once(child, 'exit');
  stop();
  rotate(file, 5_000);
  const sizes = [file, `${file}.1`].map((one) => statSync(one).size);
  expect(sizes[0]).toBeLessThanOrEqual(5_000);
  expect(sizes[1]).toBeGreaterThan(5_000);
  // A writer without O_APPEND would go on at its old offset and leave a hole of zeros.
  expect(readFileSync(file, 'utf8')).not.toContain('\0');
});

it('a log that cannot be copied does not end the run: it is said once, and the log is bounded again when it can', async () => {
  const file = path.join(folder, 'server.log');
  writeFileSync(file, 'x'.repeat(100));
  mkdirSync(`${file}.1`);
  const said: string[] = [];
  const stop = boundLog(file, (line) => void said.push(line), { maxBytes: 10, everyMs: 1 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(said).toEqual([expect.stringMatching(/server\.log is not kept short: .*EISDIR/)]);
  rmSync(`${file}.1`, { recursive: true });
  await until('it is bounded', () => statSync(file).size === 0);
  stop();
  expect(readFileSync(`${file}.1`, 'utf8')).toHaveLength(100);
  expect(said).toHaveLength(1);
});
