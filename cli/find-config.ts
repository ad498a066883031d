import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Config, loadConfig } from '../config.ts';

/** The settings under which a file is there: what `npm start` keeps is meant where nothing lies under the roots that the settings name. Throws with both places. */
export const findConfig = (
  env: NodeJS.ProcessEnv,
  what: string,
  fileOf: (config: Config) => string,
): Config => {
  const envFile = path.resolve('.env');
  const places = [loadConfig(env, { envFile }), loadConfig(env, { embedded: true, envFile })];
  const found = places.find((config) => existsSync(fileOf(config)));
  if (found) return found;
  throw new Error(`there is no ${what} at ${places.map(fileOf).join(' nor ')}`);
};

export const ledgerOf = (env: NodeJS.ProcessEnv): Config =>
  findConfig(env, 'ledger', ({ paths }) => paths.ledgerFile);

export const storeOf = (env: NodeJS.ProcessEnv): Config =>
  findConfig(env, 'parameter store', ({ paths }) => paths.controllerFile);

/** The settings of this machine, also before anything is stored: what is named, else what `npm start` would use. */
export const localConfig = (env: NodeJS.ProcessEnv): Config => {
  const envFile = path.resolve('.env');
  const named = loadConfig(env, { envFile });
  const embedded = loadConfig(env, { embedded: true, envFile });
  const found = [named, embedded].find(({ paths }) => existsSync(paths.ledgerFile));
  return found ?? (named.explicit.has('DATA_DIR') ? named : embedded);
};
