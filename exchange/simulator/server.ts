import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, banned, html, json, RefusedRequest, tooManyRequests } from './answers.ts';
import { createClock, type SimClock } from './clock.ts';
import { control } from './control.ts';
import { type CandleEdits, createEdits } from './edits.ts';
import { exchangeInfo } from './exchange-info.ts';
import { createFaults, type Fault, type Faults, faultyAnswer } from './faults.ts';
import { klines } from './klines.ts';
import { send } from './send.ts';
import type { CandleSource } from './source.ts';
import { createWeightLimit } from './weights.ts';

export interface SimulatorOptions {
  readonly source: CandleSource;
  /** Default: frozen at the source's start. */
  readonly clock?: SimClock;
  /** Default: any free port of 127.0.0.1. */
  readonly port?: number;
  readonly faults?: readonly Fault[];
  readonly faultSeed?: number;
  /** Request weight per real minute, 6000 as at Binance. */
  readonly weightLimit?: number;
}

/** A running simulator. */
export interface Simulator {
  readonly url: string;
  readonly port: number;
  readonly source: CandleSource;
  readonly clock: SimClock;
  readonly faults: Faults;
  /** Candles that the exchange rewrote or removed since it first gave them. */
  readonly edits: CandleEdits;
  /** Requests so far by path. */
  readonly requests: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

const weights: Record<string, number> = {
  '/api/v3/ping': 1,
  '/api/v3/time': 1,
  '/api/v3/exchangeInfo': 20,
  '/api/v3/klines': 2,
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

interface Inside {
  readonly source: CandleSource;
  readonly clock: SimClock;
  readonly faults: Faults;
  readonly edits: CandleEdits;
  readonly limit: ReturnType<typeof createWeightLimit>;
  readonly weightLimit: number;
  readonly requests: Record<string, number>;
}

const exchangeAnswer = (
  { source, clock, weightLimit }: Inside,
  path: string,
  query: URLSearchParams,
): Answer => {
  switch (path) {
    case '/api/v3/ping':
      return json(200, {});
    case '/api/v3/time':
      return json(200, { serverTime: clock.now() });
    case '/api/v3/exchangeInfo':
      return json(200, exchangeInfo(source, query, clock.now(), weightLimit));
    case '/api/v3/klines':
      return json(200, klines(source, query, clock.now()));
    default:
      return html(404, '404 Not Found');
  }
};

const orRefusal = (work: () => Answer): Answer => {
  try {
    return work();
  } catch (error) {
    if (error instanceof RefusedRequest) return error.answer;
    throw error;
  }
};

const withWeight = (answer: Answer, usedWeight: number): Answer => ({
  ...answer,
  headers: {
    ...answer.headers,
    'X-MBX-USED-WEIGHT': `${usedWeight}`,
    'X-MBX-USED-WEIGHT-1M': `${usedWeight}`,
  },
});

const answerExchange = (inside: Inside, url: URL, response: ServerResponse): void => {
  const path = url.pathname;
  inside.requests[path] = (inside.requests[path] ?? 0) + 1;
  const admission = inside.limit.admit(weights[path] ?? 1);
  if (!admission.allowed) {
    const { status, retryAfterMs, usedWeight } = admission;
    const refused =
      status === 418 ? banned(retryAfterMs, Date.now()) : tooManyRequests(retryAfterMs, inside.weightLimit);
    return send(response, withWeight(refused, usedWeight));
  }
  const fault = inside.faults.strike({ path, symbol: url.searchParams.get('symbol') ?? undefined });
  const instead = fault && faultyAnswer(fault, Date.now());
  const answer = instead ?? orRefusal(() => exchangeAnswer(inside, path, url.searchParams));
  send(response, withWeight(answer, admission.usedWeight), fault);
};

const handle = async (inside: Inside, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://simulator');
  const method = request.method ?? 'GET';
  const body = await bodyOf(request);
  if (url.pathname.startsWith('/__sim/')) {
    return send(response, control(inside, { method, path: url.pathname, body }, inside.requests));
  }
  if (method !== 'GET') return send(response, html(405, '405 Method Not Allowed'));
  answerExchange(inside, url, response);
};

const listen = async (server: Server, port: number): Promise<number> => {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

const close = async (server: Server): Promise<void> => {
  server.close();
  server.closeAllConnections();
  if (server.listening) await once(server, 'close');
};

/** Starts a Binance spot of its own on 127.0.0.1. Throws EADDRINUSE when the port is taken. */
export const startSimulator = async (options: SimulatorOptions): Promise<Simulator> => {
  const { source, clock = createClock({ startMs: source.startMs }), weightLimit = 6000 } = options;
  const faults = createFaults({ initial: options.faults ?? [], seed: options.faultSeed ?? 1 });
  const edits = createEdits(source);
  const requests: Record<string, number> = {};
  const inside: Inside = {
    source: edits.source,
    clock,
    faults,
    edits,
    weightLimit,
    requests,
    limit: createWeightLimit({ limit: weightLimit }),
  };
  const server = createServer((request, response) => {
    handle(inside, request, response).catch((error: unknown) => {
      send(response, json(500, { detail: `the simulator failed: ${String(error)}` }));
    });
  });
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    source,
    clock,
    faults,
    edits,
    requests,
    close: () => close(server),
  };
};
