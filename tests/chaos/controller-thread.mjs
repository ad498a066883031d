// The built thread that owns the parameter store, with crash points.
import { BroadcastChannel, parentPort, workerData } from 'node:worker_threads';
import { serveController } from '../../dist/controller/thread/serve.js';
import { arm, crash } from './crash-hook.mjs';

const channel = new BroadcastChannel('crash-orders');
channel.addEventListener('message', ({ data }) => arm(data ?? undefined));
channel.unref();
serveController(parentPort, workerData, crash);
