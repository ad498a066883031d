import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

/** One end of a line between two threads of which either may block: messages, and a count that wakes the other. */
export interface Line {
  readonly port: MessagePort;
  /** Messages sent by this end and by the other end, shared. */
  readonly sent: Int32Array;
  readonly received: Int32Array;
}

export const send = ({ port, sent }: Line, message: unknown): void => {
  port.postMessage(message);
  Atomics.add(sent, 0, 1);
  Atomics.notify(sent, 0);
};

/** Blocks this thread until there is a message. Throws when none came within `timeoutMs`. */
export const receive = ({ port, received }: Line, timeoutMs = Infinity): unknown => {
  for (;;) {
    const seen = Atomics.load(received, 0);
    const envelope = receiveMessageOnPort(port) as { message: unknown } | undefined;
    if (envelope) return envelope.message;
    if (Atomics.wait(received, 0, seen, timeoutMs) === 'timed-out')
      throw new Error(`no answer from a thread within ${timeoutMs} ms`);
  }
};
