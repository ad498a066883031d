// The built worker as it runs in production, with crash points. It loads its code and waits: the next one is at hand when
// one is killed.
import { loadConfig } from '../../dist/config.js';
import { runWorker } from '../../dist/workers/run.js';
import { through } from './ablations.mjs';
import { arm, crash } from './crash-hook.mjs';

// CCXT costs a second to load, and only the role that speaks to the exchange needs it.
if (process.argv[2] === 'ingest') await import('ccxt');

let started = false;
process.on('disconnect', () => {
  if (!started) process.exit(0);
});

const start = async ({ env, codePath, role, ablation, order }) => {
  started = true;
  arm(order);
  const config = loadConfig(env);
  await runWorker(config, {
    roles: [role],
    schedules: false,
    crash,
    workflowBundle: { codePath },
    ...(ablation ? { through: through(ablation, config, crash) } : {}),
  });
  process.exit(0);
};

process.on('message', (message) => {
  if ('order' in message && !('start' in message)) arm(message.order);
  if ('start' in message)
    start(message.start).catch((error) => {
      console.error(error);
      process.exit(1);
    });
});
process.send({ type: 'loaded' });
