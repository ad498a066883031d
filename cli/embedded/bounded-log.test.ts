import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
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
  const stop = boundLog(file, { maxBytes: 5_000, everyMs: 10 });
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
