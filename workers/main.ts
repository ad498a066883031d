/** A worker process: `--roles ingest,train` (both unless said), `--no-schedules` for a run that starts nothing by itself. */
import { parseArgs } from 'node:util';
import { loadProcessConfig } from '../config.ts';
import { type Role, runWorker } from './run.ts';

const isRole = (text: string): text is Role => text === 'ingest' || text === 'train';

const readArguments = () => {
  const { values } = parseArgs({
    options: {
      roles: { type: 'string', default: 'ingest,train' },
      'no-schedules': { type: 'boolean', default: false },
    },
  });
  const roles = values.roles.split(',');
  const wrong = roles.find((role) => !isRole(role));
  if (wrong !== undefined) throw new Error(`--roles ${wrong}: allowed are ingest and train, comma-separated`);
  return { roles: roles.filter(isRole), schedules: !values['no-schedules'] };
};

try {
  const child = process.send !== undefined;
  const config = loadProcessConfig(process.env, { child, say: console.error });
  await runWorker(config, readArguments());
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? `worker: ${error.stack ?? error.message}` : error);
  process.exit(1);
}
