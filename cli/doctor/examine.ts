import { type Config, ConfigError } from '../../config.ts';
import { localConfig } from '../find-config.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { checkDisk } from './disk.ts';
import { checkExchange } from './exchange.ts';
import { checkLedger } from './ledger.ts';
import { checkNode } from './node.ts';
import { checkPorts } from './ports.ts';
import { checkRights } from './rights.ts';
import { checkTemporal } from './temporal.ts';

const patienceMs = 5_000;

const checkSettings = ({ warnings }: Config): Check[] =>
  warnings.length === 0
    ? [ok('settings', 'every setting can be used')]
    : warnings.map((one) => warn('settings', one, 'remove what is meant for nobody from .env'));

const checkAll = async (config: Config): Promise<Check[]> => [
  ...checkSettings(config),
  ...checkDisk(config),
  ...checkRights(config),
  checkLedger(config),
  ...(await checkPorts(config)),
  await checkTemporal(config, patienceMs),
  ...(await checkExchange(config, patienceMs)),
];

/** Everything that a start needs, looked at without changing anything. */
export const examine = async (env: NodeJS.ProcessEnv): Promise<Check[]> => {
  const node = checkNode(process.versions.node);
  try {
    return [node, ...(await checkAll(localConfig(env)))];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [
      node,
      ...error.problems.map((one) => fail('settings', one, 'correct it in the environment or in .env')),
    ];
  }
};
