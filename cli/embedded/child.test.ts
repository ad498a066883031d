import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../tests/support/until.ts';
import { type Child, startChild } from './child.ts';

const node = process.execPath;
let folder: string;
let child: Child | undefined;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'autotrain-child-'));
});
afterEach(async () => {
  process.execPath = node;
  await child?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Lives until its parent lets it go, and leaves its pid. */
const living = `
import { writeFileSync } from 'node:fs';
writeFileSync(new URL('pid', import.meta.url), String(process.pid));
process.once('disconnect', () => process.exit(0));
process.send({ type: 'ready' });
`;

const start = async (env: NodeJS.ProcessEnv) => {
  const file = path.join(folder, 'living.mjs');
  writeFileSync(file, living);
  const said: string[] = [];
  child = await startChild({
    ...{ name: 'worker', module: pathToFileURL(file).href, args: [], env, restart: true },
    say: (line) => void said.push(line),
  });
  const pid = () => Number(readFileSync(path.join(folder, 'pid'), 'utf8'));
  return { child, said, pid };
};

it('a machine that has no process left does not end the whole run: it is said, and tried again', async () => {
  const { said, pid } = await start({});
  const first = pid();
  process.execPath = path.join(folder, 'no-such-node');
  process.kill(first, 'SIGKILL');
  await until('it could not be started', () => said.some((line) => line.includes('no-such-node')));
  process.execPath = node;
  await until('it runs again', () => pid() !== first);
  expect(said[0]).toBe('worker ended unasked (SIGKILL); starting it again');
});

it('settings that no process can be started with end the run in order, with the reason', async () => {
  const env: NodeJS.ProcessEnv = {};
  const { child: worker, pid } = await start(env);
  env['TOO_LONG'] = 'x'.repeat(4_000_000);
  process.kill(pid(), 'SIGKILL');
  await expect(worker.failed).rejects.toThrow('E2BIG');
});
