import { accessSync, constants, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { run, say, showProgress } from './run.mjs';

const version = '1.5.1';
const program = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/** A download that brings nothing for so long is given up: offline it must not hang. */
const stallMs = 20_000;

const isProgram = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, name))
    .find(isProgram);

/** Per user, so that clones share what takes minutes to get. */
const cacheDir = () => {
  const xdg = process.env.XDG_CACHE_HOME ?? '';
  return join(isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'autotrain', `temporal-${version}`);
};

const cached = () => join(cacheDir(), program);

const bytesUnder = (folder) =>
  readdirSync(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

/** Aborts when the folder has not grown for `stallMs`. */
const watchGrowth = (folder, controller) => {
  let seen = { bytes: 0, atMs: Date.now() };
  return setInterval(() => {
    const bytes = bytesUnder(folder);
    if (bytes !== seen.bytes) seen = { bytes, atMs: Date.now() };
    else if (Date.now() - seen.atMs > stallMs) controller.abort();
  }, 500);
};

/** @returns {Promise<string | undefined>} path of the program in `folder`, or undefined: nothing could be downloaded */
const download = async (folder) => {
  say(`Downloading the Temporal server (CLI ${version})`);
  const controller = new AbortController();
  const watch = watchGrowth(folder, controller);
  const done = showProgress('temporal', () => `${Math.round(bytesUnder(folder) / 1e6)} MB`);
  const script = fileURLToPath(new URL('./download-temporal.mjs', import.meta.url));
  const { ok, output } = await run([process.execPath, script, `v${version}`, folder], {
    signal: controller.signal,
  });
  clearInterval(watch);
  done();
  if (ok)
    return readdirSync(folder)
      .map((name) => join(folder, name))
      .find(isProgram);
  say(
    `  no download: ${controller.signal.aborted ? `nothing arrived for ${stallMs / 1000} s` : output.split('\n').at(-1)}`,
  );
  return undefined;
};

const findGo = () => onPath('go') ?? ['/usr/local/go/bin/go', '/usr/lib/go/bin/go'].find(isProgram);

const goModule = `github.com/temporalio/cli/cmd/temporal@v${version}`;

/** GOOS and GOARCH of somebody's cross-compilation would make a program for another machine. */
const goEnv = (folder) => {
  const { GOOS: _os, GOARCH: _arch, ...env } = process.env;
  return { ...env, GOBIN: folder, GO111MODULE: 'on' };
};

/** @returns {Promise<string | undefined>} path of the program in `folder`, or undefined: there is no Go, or it failed */
const buildWithGo = async (folder) => {
  const go = findGo();
  if (go === undefined) return undefined;
  say(`Building the Temporal server with Go (about three minutes, once per user): ${goModule}`);
  let packages = 0;
  const count = (line) => {
    if (!line.startsWith('go: ')) packages += 1;
  };
  const done = showProgress('go install', () => `${packages} packages`);
  const { ok, output } = await run([go, 'install', '-v', goModule], { env: goEnv(folder), onLine: count });
  done();
  if (ok) return join(folder, program);
  say(`  go install failed:\n${output.split('\n').slice(-15).join('\n')}`);
  return undefined;
};

const noWay = () =>
  new Error(
    [
      'no Temporal server could be found or made. One of these is needed:',
      '  TEMPORAL_ADDRESS   host:port of a Temporal server that runs',
      '  TEMPORAL_CLI_PATH  path of a temporal program (https://docs.temporal.io/cli)',
      '  temporal           on PATH',
      `  ${cached()}  the cache of this user`,
      '  network            for a download from temporal.download',
      `  Go                 and its module proxy, for: go install ${goModule}`,
    ].join('\n'),
  );

/** Made aside and renamed into place: a killed set-up leaves no half program in the cache. */
const obtain = async () => {
  const folder = join(cacheDir(), `.making-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const made = (await download(folder)) ?? (await buildWithGo(folder));
    if (made === undefined) throw noWay();
    renameSync(made, cached());
    return cached();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const chosenByUser = (path) => {
  if (isProgram(path)) return path;
  throw new Error(`TEMPORAL_CLI_PATH=${path}: there is no program`);
};

/** What a killed set-up left; only called under the lock. */
const removeRemains = () => {
  for (const name of readdirSync(cacheDir()))
    if (name.startsWith('.making-')) rmSync(join(cacheDir(), name), { recursive: true, force: true });
};

const obtainOnce = () =>
  withLock(join(cacheDir(), 'lock'), 'the Temporal server', async () => {
    if (isProgram(cached())) return cached();
    removeRemains();
    return obtain();
  });

/**
 * Finds the Temporal CLI, whose dev server embedded mode and the tests run; gets it where there is none.
 *
 * @param {string | undefined} [chosen] TEMPORAL_CLI_PATH
 * @returns {Promise<string>} absolute path
 * @throws Error that names every way when none works
 */
export const temporalBinary = async (chosen = process.env.TEMPORAL_CLI_PATH?.trim()) => {
  if (chosen) return chosenByUser(chosen);
  const found = onPath(program) ?? (isProgram(cached()) ? cached() : undefined);
  return found ?? obtainOnce();
};
