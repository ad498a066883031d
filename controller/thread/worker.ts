/**
 * A thread that owns a controller. It takes all requests that wait, runs them in one transaction and answers after its
 * commit: an fsync never blocks the event loop, and one fsync serves everybody who waits for it.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type Controller, openController } from '../open.ts';
import {
  type Answer,
  type FromThread,
  type Request,
  sentError,
  type ThreadOptions,
  type ToThread,
} from './protocol.ts';

/** So that the first of a batch does not wait for long. */
const mostPerCommit = 512;

const call = (controller: Controller, { method, args }: Request): unknown =>
  (controller[method] as (...args: readonly unknown[]) => unknown)(...args);

const runBatch = (controller: Controller, requests: readonly Request[]): Answer[] => {
  try {
    const settled = controller.batch(requests.map((request) => () => call(controller, request)));
    return settled.map((one, at) => {
      const { id } = requests[at]!;
      return one.ok ? { id, ok: true, value: one.value } : { id, ok: false, error: sentError(one.error) };
    });
  } catch (error) {
    // The transaction as a whole failed: nothing of it is stored, and everybody hears so.
    return requests.map(({ id }) => ({ id, ok: false, error: sentError(error) }));
  }
};

/** The request, and whatever else has arrived by now. */
const waiting = (port: MessagePort, first: ToThread): { requests: Request[]; closing: boolean } => {
  const requests: Request[] = [];
  let next: ToThread | undefined = first;
  while (next !== undefined) {
    if (next === 'close') return { requests, closing: true };
    requests.push(...next);
    if (requests.length >= mostPerCommit) break;
    next = (receiveMessageOnPort(port) as { message: ToThread } | undefined)?.message;
  }
  return { requests, closing: false };
};

const serve = (port: MessagePort): void => {
  const say = (message: FromThread): void => port.postMessage(message);
  let controller: Controller;
  try {
    controller = openController(workerData as ThreadOptions);
  } catch (error) {
    say({ refused: sentError(error) });
    port.close();
    return;
  }
  port.on('message', (first: ToThread) => {
    const { requests, closing } = waiting(port, first);
    if (requests.length > 0) say(runBatch(controller, requests));
    if (!closing) return;
    controller.close();
    port.close();
  });
  say({ opened: true });
};

serve(parentPort as MessagePort);
