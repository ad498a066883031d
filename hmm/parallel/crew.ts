import { MessageChannel, Worker } from 'node:worker_threads';
import { HmmError, type HmmErrorCode } from '../hmm-error.ts';
import { type Line, receive, send } from './channel.ts';
import { createMember } from './member.ts';
import type { Answer, Kind, Queue, Requests } from './requests.ts';

/** Node cannot start a thread from a .ts file: dist/ has the .js beside this file, tests pass a loader of their own. */
const builtHelper = new URL('./helper.js', import.meta.url);

/** A thread that has not loaded its code by then never will, ms. */
const startUp = 60_000;

/**
 * The calling thread and its helpers. Calls block, so that a fit reads the same with one thread and with several; the
 * calling thread does its share of the work.
 */
export interface Crew {
  readonly size: number;
  /** One request for each of the first members; the answers in that order. Throws what the first that failed threw. */
  ask<K extends Kind>(kind: K, requests: readonly Requests[K]['ask'][]): Requests[K]['answer'][];
  /** For whom the members hold pieces (split-e-step.ts). */
  heldFor: object | undefined;
  /** Ends the helpers. */
  close(): Promise<void>;
}

/** `threads` ≥ 1, the calling one included. */
export const createCrew = (threads: number, helperUrl: URL = builtHelper): Crew => {
  const own = createMember();
  const helpers = Array.from({ length: threads - 1 }, () => startHelper(helperUrl));
  return {
    size: threads,
    heldFor: undefined,
    ask(kind, requests) {
      const busy = helpers.slice(0, requests.length - 1);
      busy.forEach((helper, i) => helper.send({ kind, ask: requests[i + 1] }));
      const mine = attempt(() => own[kind](requests[0]!));
      const answers = [mine, ...busy.map((helper) => helper.receive())];
      return answers.map((answer) => valueOf(answer) as Requests[typeof kind]['answer']);
    },
    close: async () => void (await Promise.all(helpers.map((helper) => helper.stop()))),
  };
};

/** A list that all members work through. */
export const createQueue = (): Queue => new Int32Array(new SharedArrayBuffer(4));

const startHelper = (url: URL) => {
  const { port1, port2 } = new MessageChannel();
  const [there, back] = [createQueue(), createQueue()];
  const line: Line = { port: port1, sent: there, received: back };
  const other: Line = { port: port2, sent: back, received: there };
  const worker = new Worker(url, { workerData: other, transferList: [port2] });
  worker.unref();
  port1.unref();
  let isReady = false;
  return {
    send: (message: unknown): void => send(line, message),
    receive(): Answer {
      if (!isReady) receive(line, startUp);
      isReady = true;
      return receive(line) as Answer;
    },
    async stop(): Promise<void> {
      await worker.terminate();
      port1.close();
    },
  };
};

/** Errors wait until all answers are in, or the next request would meet the answers to this one. */
const attempt = (work: () => unknown): Answer | { readonly ok: false; readonly error: unknown } => {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, error };
  }
};

const valueOf = (answer: ReturnType<typeof attempt>): unknown => {
  if (answer.ok) return answer.value;
  if ('error' in answer) throw answer.error;
  if (answer.code === undefined) throw new Error(answer.message);
  throw new HmmError(answer.code as HmmErrorCode, answer.message);
};
