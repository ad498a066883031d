import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';

export interface Credentials {
  readonly apiKey?: string | undefined;
  readonly token?: string | undefined;
}

type Headers = Readonly<Record<string, string>>;

/** The gateway answered, and the answer is no. `detail` is what it said. */
export class GatewayRefusal extends Error {
  override readonly name = 'GatewayRefusal';
  readonly status: number;
  readonly code: string | undefined;
  readonly detail: string;

  constructor(asked: string, status: number, body: string) {
    super(`${asked} answered ${status}: ${body}`);
    const { detail, code } = fieldsOf(body);
    this.status = status;
    this.code = code;
    this.detail = detail ?? body;
  }
}

/** Nobody answered, or somebody who is no gateway. */
export class GatewayUnreachable extends Error {
  override readonly name = 'GatewayUnreachable';
}

const fieldsOf = (body: string): { detail?: string; code?: string } => {
  try {
    const { detail, code } = JSON.parse(body) as Record<string, unknown>;
    return {
      ...(typeof detail === 'string' ? { detail } : {}),
      ...(typeof code === 'string' ? { code } : {}),
    };
  } catch {
    // A proxy in between answers in HTML: the whole body is shown.
    return {};
  }
};

const connectPatienceMs = 10_000;

/** An address that swallows packets would be waited for as long as a training may take. */
const limitConnecting = (request: ClientRequest, isSecure: boolean): void => {
  request.once('socket', (socket) => {
    if (!socket.connecting) return;
    const late = new Error(`no connection within ${connectPatienceMs / 1000} s`);
    const timer = setTimeout(() => request.destroy(late), connectPatienceMs);
    socket.once(isSecure ? 'secureConnect' : 'connect', () => clearTimeout(timer));
    request.once('close', () => clearTimeout(timer));
  });
};

/** What the gateway itself takes at most, and some seconds: one that is held up, or a proxy, says nothing for ever. */
export const patience = {
  /** Its longest other route may take a minute. */
  answerMs: 75_000,
  /** Promote, approve, roll back: five minutes. */
  decisionMs: 5.5 * 60_000,
  /** A training or an ingest that is waited for: an hour. */
  workMs: 61 * 60_000,
} as const;

interface Sent {
  readonly method: 'GET' | 'POST';
  readonly headers: Headers;
  readonly signal: AbortSignal;
}

/** By `node:http`, because `fetch` gives up after five minutes without an answer, and a first ingest takes longer. */
const send = async (url: URL, options: Sent, body: string | undefined) => {
  const isSecure = url.protocol === 'https:';
  const sent = (isSecure ? requestHttps : requestHttp)(url, { ...options, timeout: 0 });
  limitConnecting(sent, isSecure);
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
};

/** `ended`: whoever asked does not want to know any more. */
interface Waiting {
  readonly patienceMs?: number;
  readonly ended?: AbortSignal;
}

/** Runs what a signal may end; when it was the patience that ended, the error says so. */
const within = async <T>(
  { patienceMs = patience.answerMs, ended }: Waiting,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const late = AbortSignal.timeout(patienceMs);
  try {
    return await ask(ended ? AbortSignal.any([late, ended]) : late);
  } catch (error) {
    if (late.aborted && !ended?.aborted)
      throw new Error(`no answer within ${patienceMs / 1000} s`, { cause: error });
    throw error;
  }
};

const unreachable = (url: string) => (error: NodeJS.ErrnoException) => {
  const why = [error.code, error.message].filter((part) => part !== undefined && part !== '').join(', ');
  throw new GatewayUnreachable(`no gateway answers at ${url}: ${why}`, { cause: error });
};

const parsed = (url: string, asked: string, body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new GatewayUnreachable(`${url} does not answer ${asked} in JSON: it is no gateway`, { cause });
  }
};

/**
 * Speaks to the gateway as an engine would: plain HTTP and JSON. A path before the routes (of a reverse proxy) is kept.
 * Throws GatewayRefusal, GatewayUnreachable.
 */
export const createGatewayClient = (baseUrl: string, { apiKey, token }: Credentials = {}) => {
  const url = baseUrl.replace(/\/+$/, '');
  const headers = {
    'content-type': 'application/json',
    ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const call = async <T>(
    method: 'GET' | 'POST',
    path: string,
    waiting: Waiting,
    body?: unknown,
  ): Promise<T> => {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const answer = await within(waiting, (signal) =>
      send(new URL(`${url}${path}`), { method, headers, signal }, sent),
    ).catch(unreachable(url));
    const asked = `${method} ${path}`;
    if (answer.status < 200 || answer.status > 299)
      throw new GatewayRefusal(asked, answer.status, answer.body);
    return parsed(url, asked, answer.body) as T;
  };
  return {
    url,
    get: <T>(path: string, waiting: Waiting = {}) => call<T>('GET', path, waiting),
    post: <T>(path: string, body: unknown = {}, waiting: Waiting = {}) =>
      call<T>('POST', path, waiting, body),
  };
};

export type GatewayClient = ReturnType<typeof createGatewayClient>;
