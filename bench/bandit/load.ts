import { connect, type Socket } from 'node:net';

/** What one run of requests measured. */
export interface Load {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** The path of request number n. */
  readonly path: (n: number) => string;
}

const headEnd = Buffer.from('\r\n\r\n');

/** Length of the first complete answer in the buffer; undefined while it is not all there. */
const answerLength = (buffer: Buffer): number | undefined => {
  const head = buffer.indexOf(headEnd);
  if (head < 0) return undefined;
  const text = buffer.toString('latin1', 0, head).toLowerCase();
  if (!text.startsWith('http/1.1 200')) throw new Error(buffer.toString('utf8', 0, 400));
  const [, length] = /\ncontent-length: (\d+)/.exec(text) ?? [];
  if (length === undefined) throw new Error(`no content-length: ${text}`);
  const all = head + headEnd.length + Number(length);
  return buffer.length < all ? undefined : all;
};

/** One keep-alive connection that asks again as soon as it was answered, until `running` says no. */
const ask = (
  { port, path }: LoadOptions,
  next: () => number,
  running: () => boolean,
  took: (ms: number) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received = Buffer.alloc(0);
    let sentAt = 0;
    const send = (): void => {
      sentAt = performance.now();
      socket.write(`GET ${path(next())} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    };
    socket.once('connect', send);
    socket.once('error', reject);
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      let length: number | undefined;
      try {
        length = answerLength(received);
      } catch (error) {
        socket.destroy();
        reject(error);
      }
      if (length === undefined) return;
      took(performance.now() - sentAt);
      received = received.subarray(length);
      if (running()) send();
      else socket.end(resolve);
    });
  });

/** Closed loop: as many requests are under way as there are connections. Rejects on an answer that is not 200. */
export const load = async (options: LoadOptions): Promise<Load> => {
  const latencies: number[] = [];
  let asked = 0;
  const from = performance.now();
  const until = from + options.seconds * 1000;
  const next = (): number => asked++;
  const running = (): boolean => performance.now() < until;
  await Promise.all(
    Array.from({ length: options.connections }, () =>
      ask(options, next, running, (ms) => latencies.push(ms)),
    ),
  );
  const seconds = (performance.now() - from) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(share * (latencies.length - 1))]!;
  return { requestsPerSecond: latencies.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
};
