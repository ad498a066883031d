import { Worker } from 'node:worker_threads';

/** Counts; the sum keeps the loop from being optimised away. */
const spin = (count: number): number => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum = (sum * 1.0000001 + i) % 1e9;
  return sum;
};

/** Does `count` turns when [0] becomes 1 and then sets it to 2. */
const helper = `
const { workerData: flag } = require('node:worker_threads');
const spin = ${spin.toString()};
for (;;) {
  Atomics.wait(flag, 0, 0);
  if (Atomics.load(flag, 0) === 1) { spin(flag[1]); Atomics.store(flag, 0, 2); Atomics.notify(flag, 0); }
  else Atomics.wait(flag, 0, 2);
}`;

/** A loop of `count` turns by this thread alone, or half of them here and half in a second thread. */
export interface Busy {
  alone(): void;
  byTwo(): void;
  close(): Promise<number>;
}

export const createBusy = (count: number): Busy => {
  const half = Math.floor(count / 2);
  const flag = new Int32Array(new SharedArrayBuffer(8));
  flag[1] = half;
  const worker = new Worker(helper, { eval: true, workerData: flag });
  return {
    alone: () => void spin(2 * half),
    byTwo() {
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
      spin(half);
      while (Atomics.load(flag, 0) === 1) Atomics.wait(flag, 0, 1);
      Atomics.store(flag, 0, 0);
      Atomics.notify(flag, 0);
    },
    close: () => worker.terminate(),
  };
};
