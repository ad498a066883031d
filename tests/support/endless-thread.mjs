// A training thread that never ends by itself: it writes a byte per beat to the file TEST_BEATS, and reports progress.
import { appendFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

const pause = new Int32Array(new SharedArrayBuffer(4));
for (let iteration = 1; ; iteration++) {
  appendFileSync(process.env.TEST_BEATS, '.');
  parentPort.postMessage({
    kind: 'progress',
    progress: { phase: 'fit', restart: 0, iteration, logLikelihood: -1 },
  });
  Atomics.wait(pause, 0, 0, 5);
}
