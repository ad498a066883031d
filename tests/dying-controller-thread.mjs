// A controller thread that ends when it is asked about the strategy `die`, as a crash would end it.
import { parentPort } from 'node:worker_threads';

const on = parentPort.on.bind(parentPort);
parentPort.on = (name, listener) =>
  on(name, (message) => {
    if (String(message).includes('"strategy":"die"')) process.exit(1);
    listener(message);
  });
await import('./controller-thread.mjs');
