/**
 * Real processes over one ledger whose times of day are hours apart and jump while they run: what is claimed, renewed
 * and swept comes out as if they agreed. Where libfaketime is installed the whole process is deceived, SQLite too.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { seriesKey } from '../series.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, land } from './ledger.fixture.ts';

const hourS = 3_600;
const leaseMs = 2_500;
/** How often a process looks at what the others wrote on the lease clock. */
const lookMs = 1_000;
const pollMs = 100;
/** For processes that share two cores with other tests. */
const slackMs = 3_000;

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

const faketime = (): string | undefined =>
  (existsSync('/usr/lib') ? readdirSync('/usr/lib') : [])
    .map((folder) => `/usr/lib/${folder}/faketime/libfaketime.so.1`)
    .find((path) => existsSync(path));

interface Deceit {
  readonly name: string;
  /** Can be changed while the process runs. */
  readonly jumps: boolean;
  /** How a process is started whose time of day is off by the seconds in a file. */
  readonly start: (file: string) => { execArgv: string[]; env: Record<string, string> };
}

const ofJavaScript: Deceit = {
  name: 'Date',
  jumps: true,
  start: (file) => ({
    execArgv: ['--import', here('../tests/support/skewed-date.mjs')],
    env: { SKEW_FILE: file },
  }),
};

const byLibfaketime = (library: string): Deceit[] => {
  const env = (file: string) => ({
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
  });
  return [
    {
      name: 'libfaketime',
      jumps: true,
      start: (file) => ({ execArgv: [], env: { ...env(file), FAKETIME_DONT_FAKE_MONOTONIC: '1' } }),
    },
    // Clocks that run forward are off too, as between two machines: by a constant, they cannot jump.
    { name: 'libfaketime, every clock', jumps: false, start: (file) => ({ execArgv: [], env: env(file) }) },
  ];
};

const library = faketime();
const deceits = library === undefined ? [ofJavaScript] : byLibfaketime(library);

type Does = 'claim' | 'renew' | 'sweep' | 'clock';

const startSkewed = async (path: string, file: string, { start }: Deceit) => {
  const { execArgv, env } = start(file);
  const child: ChildProcess = fork(here('./skewed.fixture.ts'), [path], {
    execArgv: ['--import', 'tsx', ...execArgv],
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const gone = once(child, 'exit').then(() => Promise.reject(new Error('the process ended')));
  gone.catch(() => undefined);
  const next = async (): Promise<unknown> => {
    const message = new Promise<{ answer: unknown }>((resolve) =>
      child.once('message', resolve as () => void),
    );
    return (await Promise.race([message, gone])).answer;
  };
  expect(await next()).toBe('ready');
  const ask = async (does: Does, request?: object): Promise<unknown> => {
    const answer = next();
    child.send({ does, with: request });
    return await answer;
  };
  const skewS = async () => Math.round((Number(await ask('clock')) - Date.now()) / 1000);
  return { ask, skewS };
};

type Skewed = Awaited<ReturnType<typeof startSkewed>>;

const swept = async (by: Skewed): Promise<unknown[]> =>
  ((await by.ask('sweep')) as { claims: unknown[] }).claims;

/** One holds a claim for longer than the lease, the other sweeps all the time; `meanwhile` happens in between. */
const holdsItsClaim = async (one: Skewed, other: Skewed, name: string, meanwhile: () => void) => {
  const me = { workflowId: name, runId: name };
  const claim = { ...me, leaseMs, series: [seriesKey(btc)] };
  const { claimId, files } = (await one.ask('claim', claim)) as { claimId: number; files: unknown[] };
  expect(files).toHaveLength(1);
  const end = performance.now() + 1.3 * leaseMs;
  for (let asked = 0; performance.now() < end; asked += 1) {
    if (asked === 3) meanwhile();
    expect(typeof (await one.ask('renew', { ...me, claimId, leaseMs }))).toBe('number');
    expect(await swept(other)).toEqual([]);
    await delay(pollMs);
  }
  return { ...me, claimId, leaseMs };
};

const losesIt = async (one: Skewed, other: Skewed, held: object): Promise<void> => {
  const before = performance.now();
  await one.ask('renew', held);
  const after = performance.now();
  let lost: unknown[] = [];
  while (lost.length === 0 && performance.now() < after + 3 * leaseMs) {
    await delay(pollMs);
    lost = await swept(other);
  }
  const took = performance.now();
  expect(lost).toHaveLength(1);
  expect(took - before).toBeGreaterThanOrEqual(leaseMs);
  expect(took - after).toBeLessThan(leaseMs + lookMs + pollMs + slackMs);
  expect(await one.ask('renew', held)).toBe('Fenced');
};

test.each(deceits)(
  'processes hours apart ($name) claim, renew and sweep as if their clocks agreed',
  async (deceit) => {
    const there = openFresh();
    land(there, { from: 0, count: 2 });
    there.ledger.close();
    const file = (name: string) => `${there.dataDir}/${name}.skew`;
    const set = (name: string, seconds: number) =>
      writeFileSync(
        file(name),
        deceit === ofJavaScript ? String(seconds * 1000) : `${seconds < 0 ? '' : '+'}${seconds}`,
      );
    set('ahead', 5 * hourS);
    set('behind', -5 * hourS);
    const ahead = await startSkewed(there.path, file('ahead'), deceit);
    const behind = await startSkewed(there.path, file('behind'), deceit);
    expect([await ahead.skewS(), await behind.skewS()]).toEqual([5 * hourS, -5 * hourS]);
    const jump = (to: number) => () => {
      if (!deceit.jumps) return;
      set('ahead', to);
      set('behind', -to);
    };
    await losesIt(ahead, behind, await holdsItsClaim(ahead, behind, 'ahead', jump(2 * hourS)));
    await losesIt(behind, ahead, await holdsItsClaim(behind, ahead, 'behind', jump(-4 * hourS)));
    if (deceit.jumps) expect([await ahead.skewS(), await behind.skewS()]).toEqual([-4 * hourS, 4 * hourS]);
  },
  120_000,
);
