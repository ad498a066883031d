import { type Check, fail, ok } from './check.ts';

const least = [20, 19] as const;

/** `version` as `process.versions.node` has it. */
export const checkNode = (version: string): Check => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > least[0] || (major === least[0] && minor >= least[1]);
  if (isEnough) return ok('node', `Node ${version}`);
  return fail('node', `Node ${version}`, `install Node ${least.join('.')} or newer from https://nodejs.org`);
};
