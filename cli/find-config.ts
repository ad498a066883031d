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
