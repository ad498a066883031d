import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WorkerMetrics } from './metrics.ts';

export interface MetricsServing {
  /** host:port; port 0: a free one. */
  readonly address: string;
  readonly metrics: WorkerMetrics;
  /** Where Temporal's SDK serves its own: it can do that only on a port of its own. */
  readonly sdkUrl: string;
  /** The states of the workers of this process, by task queue. */
  readonly states: () => Readonly<Record<string, string>>;
}

export interface MetricsServer {
  readonly url: string;
  stop(): Promise<void>;
}

const sdkTimeoutMs = 2_000;

/** Ours are worth having also when the SDK does not answer. */
const sdkMetrics = async ({ sdkUrl, metrics }: MetricsServing): Promise<string> => {
  try {
    const answer = await fetch(sdkUrl, { signal: AbortSignal.timeout(sdkTimeoutMs) });
    metrics.sdkUp.set(answer.ok ? 1 : 0);
    return answer.ok ? await answer.text() : '';
  } catch {
    metrics.sdkUp.set(0);
    return '';
  }
};

const answerMetrics = async (serving: MetricsServing, response: ServerResponse): Promise<void> => {
  const sdk = await sdkMetrics(serving);
  const { registry } = serving.metrics;
  response.writeHead(200, { 'content-type': registry.contentType }).end((await registry.metrics()) + sdk);
};

const answerHealth = ({ states }: MetricsServing, response: ServerResponse): void => {
  const queues = states();
  const all = Object.values(queues);
  const ok = all.length > 0 && all.every((state) => state === 'RUNNING');
  response
    .writeHead(ok ? 200 : 503, { 'content-type': 'application/json' })
    .end(JSON.stringify({ status: ok ? 'ok' : 'not polling', queues }));
};

const answer = async (
  serving: MetricsServing,
  path: string | undefined,
  response: ServerResponse,
): Promise<void> => {
  if (path === '/metrics') return await answerMetrics(serving, response);
  if (path === '/health') return answerHealth(serving, response);
  response.writeHead(404).end();
};

/** `[::1]:9464` is a host and a port too. */
const placeOf = (address: string) => {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
};

const listening = async (server: Server, address: string): Promise<void> => {
  server.listen(placeOf(address));
  await once(server, 'listening').catch((cause: unknown) => {
    throw new Error(`WORKER_METRICS_ADDRESS=${address} cannot be opened: ${(cause as Error).message}`, {
      cause,
    });
  });
};

/** `GET /metrics` and `GET /health` of a worker: numbers and names, no secrets, and nothing can be changed there. */
export const serveMetrics = async (serving: MetricsServing): Promise<MetricsServer> => {
  const server = createServer((request, response) => {
    answer(serving, request.url?.split('?')[0], response).catch(() => response.destroy());
  });
  await listening(server, serving.address);
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
