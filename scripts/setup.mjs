import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import util from 'node:util';
import { build, isBuilt } from './build.mjs';
import { install, isInstalled } from './install.mjs';
import { withLock } from './lock.mjs';
import { say } from './run.mjs';
import { temporalBinary } from './temporal-binary.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const demandNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Error(
    `Node ${process.versions.node} is too old: autotrain needs 20.19 or newer (https://nodejs.org)`,
  );
};

/** As config.ts reads them: the environment wins over .env, and an empty value counts as unset. */
const settingReader = () => {
  const path = join(root, '.env');
  const file = existsSync(path) ? util.parseEnv(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')) : {};
  return (name) => process.env[name]?.trim() || file[name]?.trim() || undefined;
};

const prepare = async (withBuild) => {
  if (isInstalled(root) && (!withBuild || isBuilt(root))) return;
  await withLock(join(root, '.autotrain', 'setup.lock'), 'this clone', async () => {
    await install(root);
    if (withBuild) await build(root);
  });
};

const temporalOf = async (ownServer) => {
  const setting = settingReader();
  if (!ownServer && setting('TEMPORAL_ADDRESS') !== undefined) return undefined;
  return temporalBinary(setting('TEMPORAL_CLI_PATH'));
};

/**
 * Gets everything that a clone needs before it can run. Does nothing, without network, when nothing changed.
 *
 * @param {{ temporal?: boolean, build?: boolean, ownServer?: boolean }} [parts] what is needed beside the packages: both by
 *   default; with `ownServer` a Temporal program even when TEMPORAL_ADDRESS is set
 * @returns {Promise<{ temporalPath?: string }>} without a path when TEMPORAL_ADDRESS names a server that runs
 * @throws Error with what is missing and how to get it
 */
export const setup = async ({ temporal = true, build: withBuild = true, ownServer = false } = {}) => {
  demandNode();
  await prepare(withBuild);
  const temporalPath = temporal ? await temporalOf(ownServer) : undefined;
  return temporalPath === undefined ? {} : { temporalPath };
};

/** For a command line: one readable message instead of a stack. */
export const setupOrExit = (parts) =>
  setup(parts).catch((error) => {
    say(`set-up: ${error.message}`);
    process.exit(1);
  });

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  await setupOrExit();
