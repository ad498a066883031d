import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'autotrain-setup-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const moduleUrl = (name: string): string => new URL(name, import.meta.url).href;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of its own, because set-ups that collide are processes; only its own variables, none of the machine. */
const runModule = (source: string, env: Record<string, string> = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const args = ['--input-type=module', '-e', source];
    const child = execFile(process.execPath, args, { env: { HOME: home, ...env } }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

const findTemporal = (env: Record<string, string>): Promise<Ended> =>
  runModule(
    `import { temporalBinary } from '${moduleUrl('./temporal-binary.mjs')}'; console.log(await temporalBinary())`,
    env,
  );

const program = (name: string, text = '#!/bin/sh\n'): string => {
  const file = path.join(home, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
};

const cached = 'cache/autotrain/temporal-1.5.1/temporal';

describe('the Temporal server is looked for', () => {
  it('at TEMPORAL_CLI_PATH, then on PATH, then in the cache of the user', async () => {
    const [chosen, onPath, inCache] = [program('chosen'), program('bin/temporal'), program(cached)];
    const env = { XDG_CACHE_HOME: path.join(home, 'cache') };
    const PATH = path.join(home, 'bin');
    const all = [
      { ...env, PATH, TEMPORAL_CLI_PATH: chosen },
      { ...env, PATH },
      { ...env, PATH: '/nowhere' },
    ];
    const found = await Promise.all(all.map(findTemporal));
    expect(found.map(({ stdout }) => stdout.trim())).toEqual([chosen, onPath, inCache]);
  });

  it('and a TEMPORAL_CLI_PATH that names nothing is an error, not a reason to take another', async () => {
    program('bin/temporal');
    const env = { PATH: path.join(home, 'bin'), TEMPORAL_CLI_PATH: '/nowhere/temporal' };
    const { code, stderr } = await findTemporal(env);
    expect(code).toBe(1);
    expect(stderr).toContain('TEMPORAL_CLI_PATH=/nowhere/temporal: there is no program');
  });
});

const critical = (log: string, lock: string, ms: number): string => `
  import { appendFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { withLock } from '${moduleUrl('./lock.mjs')}';
  await withLock('${lock}', 'a test', async () => {
    appendFileSync('${log}', 'in ');
    await sleep(${ms});
    appendFileSync('${log}', 'out ');
  });`;

describe('of set-ups that run at once', () => {
  it('one works while the others wait', async () => {
    const [log, lock] = [path.join(home, 'log'), path.join(home, 'lock')];
    await Promise.all([1, 2, 3].map(() => runModule(critical(log, lock, 200))));
    expect(readFileSync(log, 'utf8').trim().split(' ')).toEqual(['in', 'out', 'in', 'out', 'in', 'out']);
    expect(existsSync(lock)).toBe(false);
  });

  it('a killed one does not hold up the next', async () => {
    const [log, lock] = [path.join(home, 'log'), path.join(home, 'lock')];
    const args = ['--input-type=module', '-e', critical(log, lock, 60_000)];
    const killed = spawn(process.execPath, args, { stdio: 'ignore' });
    await expect.poll(() => existsSync(log), { timeout: 10_000 }).toBe(true);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect((await runModule(critical(log, lock, 1))).code).toBe(0);
    expect(readFileSync(log, 'utf8').trim().split(' ')).toEqual(['in', 'in', 'out']);
  });
});
