import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

type Headers = Readonly<Record<string, string>>;

/** By `node:http`, because `fetch` gives up after five minutes without an answer, and a first ingest takes longer. */
const send = async (url: URL, method: string, headers: Headers, body: string | undefined) => {
  const sent = request(url, { method, headers, timeout: 0 });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
};

/** Speaks to the gateway as an engine would: plain HTTP and JSON. Throws with status and reason. */
export const createGatewayClient = (baseUrl: string, apiKey: string | undefined) => {
  const headers = {
    'content-type': 'application/json',
    ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
  };
  const call = async <T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> => {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const answer = await send(new URL(path, baseUrl), method, headers, sent);
    const ok = answer.status >= 200 && answer.status < 300;
    if (!ok) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body}`);
    return JSON.parse(answer.body) as T;
  };
  return {
    get: <T>(path: string) => call<T>('GET', path),
    post: <T>(path: string, body: unknown = {}) => call<T>('POST', path, body),
  };
};

export type GatewayClient = ReturnType<typeof createGatewayClient>;
