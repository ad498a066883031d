import { Worker } from 'node:worker_threads';
import type { StrategySchemas } from '../../strategy_schemas/load.ts';
import { ControllerError } from '../errors.ts';
import type { Controller } from '../open.ts';
import { editionsOf } from '../served-schemas.ts';
import {
  type Answer,
  type FromThread,
  type Method,
  type Request,
  receivedError,
  type ThreadOptions,
  type ToThread,
} from './protocol.ts';

/** A controller whose work is done in threads of its own: what it answers is on disk. */
export type ThreadedController = {
  readonly [M in Method]: (...args: Parameters<Controller[M]>) => Promise<Awaited<ReturnType<Controller[M]>>>;
} & {
  /** Both threads follow from their next request on; resolves when the change is in the audit log. */
  readonly useSchemas: (schemas: StrategySchemas) => Promise<void>;
  /** Ends what was asked, then closes. */
  readonly close: () => Promise<void>;
};

export interface ThreadDeps {
  /** The built `worker.js`; a test gives its own that loads TypeScript. */
  readonly workerUrl?: URL;
  /** Requests that may wait; further ones are refused. */
  readonly mostWaiting?: number;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const defaultMostWaiting = 10_000;

/** So that the thread begins while the rest of a turn of the event loop is still being read. */
const mostPerMessage = 4;

const overloaded = (): ControllerError =>
  new ControllerError('Overloaded', 'too many requests wait for the parameter store; try again');

const gone = (): ControllerError =>
  new ControllerError(
    'Overloaded',
    'the thread of the parameter store ended; what was not answered may not be stored',
  );

/** Reads that scan: they have a thread and a connection of their own, so that they never keep a decision waiting. */
const reads = new Set<string>([
  'presets',
  'scopes',
  'overview',
  'decision',
  'decisions',
  'outcomes',
  'audit',
  'verifyAudit',
  'dailySums',
  'evaluation',
  'summary',
  'verify',
]);

interface Thread {
  readonly opened: Promise<void>;
  ask(method: Method, args: readonly unknown[]): Promise<unknown>;
  useSchemas(schemas: StrategySchemas): void;
  close(): Promise<void>;
  readonly ended: () => boolean;
}

const startThread = (
  options: ThreadOptions,
  { workerUrl, mostWaiting = defaultMostWaiting }: ThreadDeps,
): Thread => {
  const worker = new Worker(workerUrl ?? new URL('./worker.js', import.meta.url), { workerData: options });
  const waiting = new Map<number, Waiting>();
  let [lastId, ended] = [0, false];
  let toSend: Request[] = [];
  const send = (message: ToThread): void => worker.postMessage(message);

  /** All requests of one turn of the event loop are one message. */
  const flush = (): void => {
    if (ended || toSend.length === 0) return;
    send(JSON.stringify(toSend));
    toSend = [];
  };
  const settle = (answer: Answer): void => {
    const one = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.ok) one?.resolve(answer.value);
    else one?.reject(receivedError(answer.error));
  };
  const end = (error: Error): void => {
    ended = true;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      end(gone());
      resolve();
    });
  });
  const opened = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: FromThread) => {
      if (typeof message === 'string') (JSON.parse(message) as Answer[]).forEach(settle);
      else if ('opened' in message) resolve();
      else reject(receivedError(message.refused));
    });
    worker.once('error', (error) => {
      reject(error);
      end(gone());
    });
  });
  opened.catch(() => {});
  return {
    opened,
    ended: () => ended,
    ask: (method, args) =>
      new Promise((resolve, reject) => {
        if (ended) throw gone();
        if (waiting.size >= mostWaiting) throw overloaded();
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        if (toSend.length === 0) setImmediate(flush);
        toSend.push({ id: lastId, method, args });
        if (toSend.length >= mostPerMessage) flush();
      }),
    useSchemas: (schemas) => {
      flush();
      if (!ended) send({ schemas });
    },
    close: async () => {
      flush();
      if (!ended) send({ close: true });
      await exited;
    },
  };
};

/** Starts anew, with the next request, what ended by itself. */
const keepAlive = (start: () => Thread): Pick<Thread, 'ask' | 'close' | 'opened' | 'useSchemas'> => {
  let thread = start();
  const living = (): Thread => {
    if (thread.ended()) thread = start();
    return thread;
  };
  return {
    opened: thread.opened,
    ask: (method, args) => living().ask(method, args),
    useSchemas: (schemas) => thread.useSchemas(schemas),
    close: () => thread.close(),
  };
};

/** Opens a controller in threads. Rejects with ControllerError DomainMismatch or Conflict, or SQLite's error, as `openController` throws. */
export const openControllerThreads = async (
  options: ThreadOptions,
  deps: ThreadDeps = {},
): Promise<ThreadedController> => {
  let { schemas } = options;
  const start = () => startThread({ ...options, schemas }, deps);
  const writer = keepAlive(start);
  // The writer makes the tables; then the reader finds them.
  await writer.opened;
  const reader = keepAlive(start);
  await reader.opened;
  const ask = (method: Method, args: readonly unknown[]) =>
    (reads.has(method) ? reader : writer).ask(method, args);
  const rest = {
    useSchemas: async (changed: StrategySchemas): Promise<void> => {
      schemas = changed;
      for (const thread of [writer, reader]) thread.useSchemas(changed);
      await ask('recordSchemas', [editionsOf(changed)]);
    },
    close: async (): Promise<void> => void (await Promise.all([writer.close(), reader.close()])),
  };
  return new Proxy(rest as ThreadedController, {
    get: (own, name) => {
      if (typeof name === 'symbol' || name === 'then') return undefined;
      return name in own
        ? own[name as keyof ThreadedController]
        : (...args: readonly unknown[]) => ask(name as Method, args);
    },
  });
};
