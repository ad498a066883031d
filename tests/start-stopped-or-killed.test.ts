import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const stateDir = mkdtempSync(path.join(tmpdir(), 'autotrain-start-'));

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

const processes = (): ProcessRow[] =>
  spawnSync('ps', ['-ww', '-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .stdout.split('\n')
    .flatMap((line) => {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return command === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
    });

const childrenOf = (pid: number) => processes().filter(({ parent }) => parent === pid);
const alive = (rows: readonly ProcessRow[]) => {
  const now = processes();
  return rows.filter((row) => now.some(({ pid, command }) => pid === row.pid && command === row.command));
};
const temporalServers = () =>
  processes().filter(({ command }) => command.includes(`${stateDir}/`) && command.includes('temporal.db'));

const launch = (env: Readonly<Record<string, string>>) => {
  const { PATH = '', HOME = '', XDG_CACHE_HOME = '', TEMPORAL_CLI_PATH = '' } = process.env;
  const child = spawn('npm', ['start', '--silent'], {
    cwd: root,
    // A group of its own, as a terminal gives it to a command: Ctrl-C can be sent to all of it.
    detached: true,
    env: {
      PATH,
      HOME,
      XDG_CACHE_HOME,
      TEMPORAL_CLI_PATH,
      LOG_LEVEL: 'warn',
      PORT: '0',
      STATE_DIR: stateDir,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { text: '' };
  child.stderr.on('data', (chunk) => (said.text += chunk));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { pid: child.pid as number, said, ended };
};

type Started = ReturnType<typeof launch>;

const until = async <T>(what: string, look: () => T | undefined): Promise<T> => {
  for (const end = Date.now() + 60_000; Date.now() < end; await delay(100)) {
    const found = look();
    if (found !== undefined) return found;
  }
  throw new Error(`waited a minute for ${what}`);
};

const gatewayOf = ({ said }: Started): Promise<string> =>
  until('the gateway', () => /^gateway\s+(http\S+)$/m.exec(said.text)?.[1]).catch((error: Error) => {
    throw new Error(`${error.message}:\n${said.text}`);
  });

/** npm replaces its shell by the start, so npm's child is the process that the user means. */
const startPid = ({ pid }: Started): number => {
  const [first] = childrenOf(pid);
  if (!first?.command.includes('scripts/start.mjs')) throw new Error(`npm runs ${first?.command}`);
  return first.pid;
};

const running: Started[] = [];
const start = (env: Readonly<Record<string, string>> = {}): Started => {
  const started = launch(env);
  running.push(started);
  return started;
};

const endGroup = ({ pid }: Started): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

afterEach(() => running.splice(0).forEach(endGroup));
afterAll(() => {
  for (const { pid } of temporalServers()) process.kill(pid, 'SIGKILL');
  rmSync(stateDir, { recursive: true, force: true });
});

it('a killed run leaves no process but the server, and the next one goes on with that', async () => {
  const first = start();
  const gateway = await gatewayOf(first);
  const main = startPid(first);
  const parts = childrenOf(main).filter(({ command }) => /workers\/main|api\/server/.test(command));
  expect(parts).toHaveLength(2);
  const [server] = temporalServers();

  const second = start();
  expect(await second.ended).toBe(1);
  expect(second.said.text).toContain(`another run (pid ${main}) uses ${stateDir}`);

  const port = new URL(gateway).port;
  const third = start({ PORT: port, STATE_DIR: path.join(stateDir, 'other') });
  expect(await third.ended).toBe(1);
  expect(third.said.text).toContain(`PORT=${port} cannot be opened on 127.0.0.1: another program uses it`);

  process.kill(main, 'SIGKILL');
  await until('worker and gateway to end', () => (alive(parts).length === 0 ? true : undefined));
  expect(temporalServers()).toEqual([{ ...server, parent: expect.any(Number) }]);

  const next = start();
  await gatewayOf(next);
  expect(temporalServers()).toEqual([{ ...server, parent: expect.any(Number) }]);
  process.kill(next.pid, 'SIGTERM');
  expect(await next.ended).toBe(0);
  expect(temporalServers()).toEqual([]);
});

interface Overview {
  readonly data: { readonly presets: readonly { outcomes: number; mean: number; reward: number }[] } | null;
}

/** JSON lines of a part of the run. */
const logged = ({ said }: Started, role: string): Record<string, unknown>[] =>
  said.text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => String(line['role']).startsWith(role));

const learnedIn = ({ data }: Overview): number =>
  data?.presets.reduce((sum, { outcomes }) => sum + outcomes, 0) ?? 0;

it('after a start a bandit learns from paper trades, with no further step', async () => {
  const dayMs = 86_400_000;
  const started = start({
    STATE_DIR: path.join(stateDir, 'paper'),
    ...{
      LOG_LEVEL: 'info',
      SYMBOLS: 'BTC/USDT',
      START_TS: String(Date.now() - dayMs),
      TRAIN_MIN_POINTS: '600',
    },
  });
  const gateway = await gatewayOf(started);
  const overview = async (): Promise<Overview> =>
    (await (await fetch(`${gateway}/overview/trend_following/BTCUSDT`)).json()) as Overview;
  let [before, after] = [await overview(), await overview()];
  expect(learnedIn(before)).toBe(0);
  for (const end = Date.now() + 100_000; learnedIn(after) < 3 && Date.now() < end; await delay(500)) {
    if (learnedIn(before) === 0) before = after;
    after = await overview();
  }
  expect(learnedIn(after), started.said.text).toBeGreaterThanOrEqual(3);
  expect(after.data?.presets.length).toBeGreaterThanOrEqual(2);
  expect(learnedIn(before)).toBeLessThan(learnedIn(after));
  expect(after.data?.presets.map(({ mean }) => mean)).not.toEqual(
    before.data?.presets.map(({ mean }) => mean),
  );
  const { data } = (await (await fetch(`${gateway}/outcomes?limit=50`)).json()) as {
    data: { outcome_id: string | null; raw_reward: number }[];
  };
  const paper = data.filter(({ outcome_id: id }) => id?.startsWith('paper-'));
  expect(new Set(paper.map(({ raw_reward }) => raw_reward)).size).toBe(paper.length);
  const lines = logged(started, 'worker:');
  const about = { workflowId: expect.any(String), runId: expect.any(String), attempt: 1 };
  const series = 'binance:BTC/USDT:1m';
  const version = expect.stringMatching(/^\d{8}T\d{6}Z__hmm4__[0-9a-f]{8}$/);
  for (const [step, names] of [
    // A version is named at its commit; the claim joins the two lines.
    ['trained', { series, claimId: 1 }],
    ['version committed', { series, claimId: 1, version }],
    ['promotion decided', { version }],
    ['champion changed', { version }],
  ] as const)
    expect(
      lines.find(({ msg }) => msg === step),
      step,
    ).toMatchObject({ ...about, ...names });
  expect(logged(started, 'gateway').find(({ msg }) => msg === 'model loaded')).toMatchObject({ version });
  process.kill(startPid(started), 'SIGTERM');
  expect(await started.ended).toBe(0);
  expect(started.said.text).not.toMatch(/paper engine: .* tries again/);
});

it('Ctrl-C, which reaches every process of the terminal and comes again through npm, stops all in order', async () => {
  const started = start();
  const gateway = await gatewayOf(started);
  const parts = childrenOf(startPid(started));
  expect((await fetch(`${gateway}/health`)).status).toBe(200);
  process.kill(-started.pid, 'SIGINT');
  await started.ended;
  expect(started.said.text).toContain('SIGINT: stopping gateway, worker, exchange, Temporal');
  expect(started.said.text).not.toContain('ended unasked');
  expect(alive(parts)).toEqual([]);
  expect(temporalServers()).toEqual([]);
});
