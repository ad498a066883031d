/**
 * What a thread does that owns a controller: it takes all requests that wait, runs them in one transaction, and answers when the
 * log was synced after its commit: the disk never blocks the event loop, and one sync serves everybody in the commit.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type CommitName, type CrashPoint, commits } from '../../ledger/crash-points.ts';
import type { Settled } from '../database.ts';
import { type Controller, openController } from '../open.ts';
import {
  type Answer,
  type FromThread,
  type Request,
  sentError,
  type ThreadOptions,
  type ToThread,
} from './protocol.ts';

/**
 * A disk that is quick to sync takes small commits: while they are computed, the event loop reads and answers others. One
 * that is slow takes all that wait.
 */
const quickSyncMs = 1;
const perQuickCommit = 8;
const perSlowCommit = 512;

const call = (controller: Controller, { method, args }: Request): unknown =>
  (controller[method] as (...args: readonly unknown[]) => unknown)(...args);

/** Tests end the process around the commit of a kind of request: `decide:uncommitted`, `decide:committed`. */
const pointsOf = (requests: readonly Request[], crash: CrashPoint) => {
  const names = new Set(requests.map(({ method }) => method).filter((name) => name in commits));
  return (when: 'uncommitted' | 'committed'): void => {
    for (const name of names) crash(`${name as CommitName}:${when}`);
  };
};

const runBatch = (
  controller: Controller,
  requests: readonly Request[],
  crash: CrashPoint | undefined,
): Answer[] => {
  const passed = crash && pointsOf(requests, crash);
  const works = requests.map((request) => () => call(controller, request));
  try {
    const settled = controller.batch(passed ? [...works, () => passed('uncommitted')] : works);
    passed?.('committed');
    return requests.map(({ id }, at) => {
      const one = settled[at] as Settled<unknown>;
      return one.ok ? { id, ok: true, value: one.value } : { id, ok: false, error: sentError(one.error) };
    });
  } catch (error) {
    // The transaction as a whole failed: nothing of it is stored, and everybody hears so.
    return requests.map(({ id }) => ({ id, ok: false, error: sentError(error) }));
  }
};

/** The request, and whatever else has arrived by now; `last` is what must wait for their end. */
const waiting = (
  port: MessagePort,
  first: ToThread,
  most: number,
): { requests: Request[]; last?: Exclude<ToThread, string> } => {
  const requests: Request[] = [];
  let next: ToThread | undefined = first;
  while (next !== undefined) {
    if (typeof next !== 'string') return { requests, last: next };
    requests.push(...(JSON.parse(next) as Request[]));
    if (requests.length >= most) break;
    next = (receiveMessageOnPort(port) as { message: ToThread } | undefined)?.message;
  }
  return { requests };
};

/** @param crash only tests give one */
export const serveController = (port: MessagePort, options: ThreadOptions, crash?: CrashPoint): void => {
  const say = (message: FromThread): void => port.postMessage(message);
  let controller: Controller;
  try {
    controller = openController({ ...options, syncs: 'later' });
  } catch (error) {
    say({ refused: sentError(error) });
    port.close();
    return;
  }
  let syncMs = 0;
  const answer = (requests: readonly Request[]): void => {
    const answers = runBatch(controller, requests, crash);
    const from = performance.now();
    try {
      controller.sync();
      say(JSON.stringify(answers));
    } catch (error) {
      say(JSON.stringify(requests.map(({ id }) => ({ id, ok: false, error: sentError(error) }))));
    }
    syncMs = performance.now() - from;
  };
  port.on('message', (first: ToThread) => {
    const most = syncMs > quickSyncMs ? perSlowCommit : perQuickCommit;
    const { requests, last } = waiting(port, first, most);
    if (requests.length > 0) answer(requests);
    if (!last) return;
    if ('schemas' in last) {
      controller.useSchemas(last.schemas);
      return;
    }
    controller.close();
    port.close();
  });
  say({ opened: true });
};
