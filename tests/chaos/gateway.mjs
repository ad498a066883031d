// The built gateway as it runs in production; its store's thread has crash points, which it hears of through a channel.
import { BroadcastChannel } from 'node:worker_threads';
import { fail, serve } from '../../dist/api/serve.js';

const channel = new BroadcastChannel('crash-orders');
channel.unref();
let started = false;
process.on('disconnect', () => {
  if (!started) process.exit(0);
});
process.on('message', (message) => {
  if ('start' in message) {
    started = true;
    const workerUrl = new URL('./controller-thread.mjs', import.meta.url);
    serve({ ...process.env, ...message.start.env }, { workerUrl }).catch(fail);
  } else if ('order' in message) channel.postMessage(message.order ?? null);
});
process.send({ type: 'loaded' });
