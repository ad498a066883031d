// The built worker, as it runs in production, that kills itself at a named point: CRASH_AT=version:renamed. With STOP_AT
// it stops there instead, once, until somebody sends it SIGCONT.
import { loadConfig } from '../../dist/config.js';
import { runWorker } from '../../dist/workers/run.js';

const { CRASH_AT, STOP_AT, ...env } = process.env;
let stopAt = STOP_AT;
const crash = (point) => {
  if (point === CRASH_AT) process.kill(process.pid, 'SIGKILL');
  if (point !== stopAt) return;
  stopAt = undefined;
  process.kill(process.pid, 'SIGSTOP');
};
await runWorker(loadConfig(env), { roles: ['ingest', 'train'], schedules: false, crash });
process.exit(0);
