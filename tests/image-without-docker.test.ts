import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../ports.ts';
import { followStage, stagesOf } from './support/dockerfile.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));

/** Beside the packages, so that they can be linked instead of copied. */
mkdirSync(path.join(root, '.autotrain'), { recursive: true });
const home = mkdtempSync(path.join(root, '.autotrain', 'image-'));
const [context, build, app] = ['context', 'build', 'app'].map((name) => path.join(home, name)) as [
  string,
  string,
  string,
];
const started: ChildProcess[] = [];
afterAll(async () => {
  for (const child of started) if (child.exitCode === null) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

/** What `.dockerignore` lets through, as far as git knows it. */
const fillContext = (): void => {
  const ignored = readFileSync(path.join(root, '.dockerignore'), 'utf8').split('\n');
  const all = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  const names = all.split('\n').filter((name) => name !== '' && existsSync(path.join(root, name)));
  const sent = names.filter((name) => !ignored.includes(name.split('/')[0]!) && !name.startsWith('.env.'));
  execFileSync('tar', ['cf', path.join(home, 'context.tar'), '-T', '-'], {
    cwd: root,
    input: sent.join('\n'),
  });
  execFileSync('tar', ['xf', path.join(home, 'context.tar'), '-C', context]);
};

/** `npm ci` has been done for this clone. npm rewrites its note of what is installed in place: that one is copied. */
const linkPackages = (): void => {
  execFileSync('cp', ['-al', path.join(root, 'node_modules'), path.join(build, 'node_modules')]);
  const note = path.join(build, 'node_modules', '.package-lock.json');
  execFileSync('sh', ['-c', `cp '${note}' '${note}.copy' && mv '${note}.copy' '${note}'`]);
  rmSync(path.join(build, 'node_modules', '.cache'), { recursive: true, force: true });
};

beforeAll(() => {
  const [first, second] = stagesOf(path.join(root, 'Dockerfile'));
  for (const folder of [context, build, app]) mkdirSync(folder);
  fillContext();
  linkPackages();
  const ran = followStage(first!, { context, app: build, isDone: (run) => run.startsWith('npm ci ') });
  expect(ran).toHaveLength(2);
  followStage(second!, { context, app, before: build, isDone: (run) => run.startsWith('mkdir -p /ml') });
}, 300_000);

/** Of the image's folder alone: nothing of the clone is in its environment. */
const start = (command: readonly string[], env: Record<string, string>): ChildProcess => {
  const child = spawn(process.execPath, command, {
    cwd: app,
    env: {
      DATA_DIR: path.join(home, 'ml'),
      MODELS_DIR: path.join(home, 'models'),
      LOG_LEVEL: 'error',
      ...env,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  started.push(child);
  return child;
};

const stop = async (child: ChildProcess): Promise<unknown> => {
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  return code;
};

/** A worker builds its bundle first. */
const patienceMs = 60_000;

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

/** The page, and everything that it loads. */
const expectWholePage = async (url: string, page: string): Promise<void> => {
  const html = await (await fetch(url + page)).text();
  const loaded = [...html.matchAll(/(?:src|href)="(\/?[^"#:]+)"/g)].map(([, link = '']) => link);
  expect(loaded.length).toBeGreaterThan(1);
  for (const link of loaded) {
    const asset = new URL(link, url + page).href;
    expect([asset, await answers(asset)]).toEqual([asset, true]);
  }
};

it('the image holds what runs, and neither tools, tests nor secrets', () => {
  const { devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const isThere = (name: string) => existsSync(path.join(app, 'node_modules', name, 'package.json'));
  expect(Object.keys(devDependencies).filter((name) => isThere(name) && !isNeeded(name))).toEqual([]);
  expect(readdirSync(app).toSorted()).toEqual([
    'api',
    'controller',
    'dashboard',
    'dist',
    'ledger',
    'node_modules',
    'package.json',
    'strategy_schemas',
    'temporal',
  ]);
  expect(existsSync(path.join(build, 'tests'))).toBe(false);
  expect(existsSync(path.join(root, 'node_modules/typescript/package.json'))).toBe(true);
});

/** A tool of ours that a package of the image brings along as well. */
const isNeeded = (name: string): boolean => {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return lock.packages[`node_modules/${name}`]?.dev !== true;
};

it('gateway and worker start from it', async () => {
  const port = String(await freePort());
  const gateway = start(['dist/api/server.js'], { PORT: port, TEMPORAL_ADDRESS: '127.0.0.1:9' });
  const metricsPort = await freePort();
  const worker = start(['dist/workers/main.js', '--roles', 'ingest,train', '--no-schedules'], {
    EXCHANGE_URL: 'http://127.0.0.1:9',
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    WORKER_METRICS_ADDRESS: `127.0.0.1:${metricsPort}`,
  });
  await until('the gateway answers', () => answers(`http://127.0.0.1:${port}/health`), patienceMs);
  for (const page of ['/', '/docs']) await expectWholePage(`http://127.0.0.1:${port}`, page);
  await until('the worker polls', () => answers(`http://127.0.0.1:${metricsPort}/health`), patienceMs);
  expect(await Promise.all([stop(gateway), stop(worker)])).toEqual([0, 0]);
});
