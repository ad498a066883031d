// The built worker, as it runs in production, that kills itself at a named point: CRASH_AT=version:renamed.
import { loadConfig } from '../../dist/config.js';
import { runWorker } from '../../dist/workers/run.js';

const { CRASH_AT, ...env } = process.env;
const crash = (point) => {
  if (point === CRASH_AT) process.kill(process.pid, 'SIGKILL');
};
await runWorker(loadConfig(env), { roles: ['ingest', 'train'], schedules: false, crash });
process.exit(0);
