/**
 * A thread that owns a controller. It takes all requests that wait, runs them in one transaction, and answers when the
 * log was synced after its commit. While the disk works, the next transaction is computed; one sync serves all that were
 * committed before it.
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

/** The request, and whatever else has arrived by now; `then` is what must wait for their end. */
const waiting = (port: MessagePort, first: ToThread): { requests: Request[]; then?: ToThread } => {
  const requests: Request[] = [];
  let next: ToThread | undefined = first;
  while (next !== undefined) {
    if (next === 'close' || typeof next !== 'string') return { requests, then: next };
    requests.push(...(JSON.parse(next) as Request[]));
    if (requests.length >= mostPerCommit) break;
    next = (receiveMessageOnPort(port) as { message: ToThread } | undefined)?.message;
  }
  return { requests };
};

/** Says answers when what they stand for is on disk. One sync is under way at a time. */
const createDurably = (controller: Controller, say: (answers: Answer[]) => void) => {
  let committed: Answer[] = [];
  let syncing: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    while (committed.length > 0) {
      const answers = committed;
      committed = [];
      try {
        await controller.sync();
        say(answers);
      } catch (error) {
        say(answers.map(({ id }) => ({ id, ok: false, error: sentError(error) })));
      }
    }
    syncing = undefined;
  };
  return {
    answer: (answers: readonly Answer[]): void => {
      committed.push(...answers);
      syncing ??= run();
    },
    /** Resolves when everything was said. */
    done: async (): Promise<void> => syncing,
  };
};

const serve = (port: MessagePort): void => {
  const say = (message: FromThread): void => port.postMessage(message);
  let controller: Controller;
  try {
    controller = openController({ ...(workerData as ThreadOptions), syncs: 'later' });
  } catch (error) {
    say({ refused: sentError(error) });
    port.close();
    return;
  }
  const durably = createDurably(controller, (answers) => say(JSON.stringify(answers)));
  const close = async (): Promise<void> => {
    await durably.done();
    controller.close();
    port.close();
  };
  port.on('message', (first: ToThread) => {
    const { requests, then } = waiting(port, first);
    if (requests.length > 0) durably.answer(runBatch(controller, requests));
    if (then === 'close') void close();
    else if (typeof then === 'object') controller.useSchemas(then.schemas);
  });
  say({ opened: true });
};

serve(parentPort as MessagePort);
