/** The worker thread that takes a snapshot: it copies, checks and hashes for seconds, which must not hold up heartbeats. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ScheduledSnapshot, takeAndPrune } from '../snapshots/take-and-prune.ts';

try {
  parentPort?.postMessage({ done: await takeAndPrune(workerData as ScheduledSnapshot) });
} catch (error) {
  const { name, message, code } = error as Error & { code?: string };
  parentPort?.postMessage({ failed: { name, message, code } });
}
