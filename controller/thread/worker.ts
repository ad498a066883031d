/** The thread that owns a controller. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { ThreadOptions } from './protocol.ts';
import { serveController } from './serve.ts';

serveController(parentPort as MessagePort, workerData as ThreadOptions);
