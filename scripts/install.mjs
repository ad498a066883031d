import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run, say, showProgress } from './run.mjs';

const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

const stampFile = (root) => join(root, 'node_modules', '.cache', 'autotrain', 'installed.json');

/** What the installed packages depend on: the lockfile, and the ABI that the native ones were compiled for. */
const wantedStamp = (root) =>
  JSON.stringify({
    lockfile: createHash('sha256')
      .update(readFileSync(join(root, 'package-lock.json')))
      .digest('hex'),
    abi: process.versions.modules,
    platform: `${process.platform}-${process.arch}`,
  });

const writeStamp = (root) => {
  mkdirSync(dirname(stampFile(root)), { recursive: true });
  writeFileSync(stampFile(root), wantedStamp(root));
};

export const isInstalled = (root) => read(stampFile(root)) === wantedStamp(root);

/** Whether node_modules, installed by hand, holds exactly what the lockfile names. */
const matchesLockfile = (root) => {
  const installed = read(hiddenLockfile(root));
  if (installed === undefined) return false;
  const { packages: have } = JSON.parse(installed);
  const { packages: want } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const same = (name) => have[name]?.version === want[name]?.version;
  const demanded = Object.keys(want).filter(
    (name) => name !== '' && !want[name].optional && !want[name].peer && !want[name].extraneous,
  );
  return demanded.every(same) && Object.keys(have).every(same);
};

/** As sqlite.ts chooses. */
const sqlitePackage = Number(process.versions.napi) >= 10 ? 'better-sqlite3-napi' : 'better-sqlite3';

const opensSqlite = (root) =>
  run([process.execPath, '-e', `new (require('${sqlitePackage}'))(':memory:').close()`], { cwd: root });

/** node-gyp downloads Node's headers unless it is told where they are; offline that is the only way to compile. */
const headersPrefix = () => {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  const version = read(join(prefix, 'include', 'node', 'node_version.h'));
  const abi = version?.match(/#define NODE_MODULE_VERSION (\d+)/)?.[1];
  return abi === process.versions.modules ? prefix : undefined;
};

const installEnv = () => {
  const prefix = process.env.npm_config_nodedir ?? headersPrefix();
  return prefix === undefined ? process.env : { ...process.env, npm_config_nodedir: prefix };
};

/** The npm that runs us, so that its settings hold; otherwise the one on PATH. */
const npm = () => {
  const script = process.env.npm_execpath ?? '';
  return basename(script) === 'npm-cli.js' ? [process.execPath, script] : ['npm'];
};

// Named, because `npm start --silent` and a user's npmrc (omit=dev, ignore-scripts) would otherwise decide.
const flags = [
  '--include=dev',
  '--include=optional',
  '--ignore-scripts=false',
  '--no-audit',
  '--no-fund',
  '--loglevel=warn',
];

const hiddenLockfile = (root) => join(root, 'node_modules', '.package-lock.json');

/** An npm that is killed half-way must not leave notes that say all is there. */
const forgetInstalled = (root) => {
  for (const note of [stampFile(root), hiddenLockfile(root)]) rmSync(note, { force: true });
};

const cleanInstall = async (root) => {
  forgetInstalled(root);
  say('Installing packages: about two minutes, only when the lockfile or Node changed');
  const done = showProgress('npm ci');
  const { ok, output } = await run([...npm(), 'ci', ...flags], { cwd: root, env: installEnv() });
  done();
  if (!ok) throw new Error(`npm ci failed:\n${output}`);
};

const compilerHint =
  'better-sqlite3 is compiled where no prebuilt binary can be downloaded: that needs python3, make and a C++ compiler ' +
  '(Debian and Ubuntu: apt-get install build-essential python3)';

const demandSqlite = async (root) => {
  const { ok, output } = await opensSqlite(root);
  if (!ok) throw new Error(`better-sqlite3 was installed but does not load:\n${output}\n${compilerHint}`);
};

const hinted = (error) => {
  if (/gyp|better-sqlite3/.test(error.message)) error.message += `\n${compilerHint}`;
  return error;
};

/**
 * Leaves node_modules as the lockfile says, for the ABI of this Node.
 *
 * @param {string} root of the repository
 */
export const install = async (root) => {
  if (isInstalled(root)) return;
  const asLocked = matchesLockfile(root) && (await opensSqlite(root)).ok;
  if (!asLocked) {
    await cleanInstall(root).catch((error) => Promise.reject(hinted(error)));
    await demandSqlite(root);
  }
  writeStamp(root);
};
