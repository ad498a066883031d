import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface RawConnection {
  readonly socket: Socket;
  send(text: string): void;
  /** What came so far. */
  received(): string;
  /** Resolves with all that came when the server has closed; rejects when it does not within the time. */
  closed(withinMs: number): Promise<string>;
  end(): void;
}

/** Bytes as they are: no client library would send what a smuggler sends. */
export const rawConnection = async (url: string): Promise<RawConnection> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  // A reset by the server is one of the ways in which it may close.
  socket.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  return {
    socket,
    send: (bytes) => void (socket.writable && socket.write(bytes, 'latin1')),
    received: () => text,
    closed: async (withinMs) => {
      const late = delay(withinMs, 'late' as const, { ref: false });
      if ((await Promise.race([gone, late])) === 'late')
        throw new Error(`still open after ${withinMs} ms; received ${JSON.stringify(text.slice(0, 300))}`);
      return text;
    },
    end: () => socket.destroy(),
  };
};
