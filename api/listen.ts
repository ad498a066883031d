import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { type ConnectionLimits, connectionLimits, serverOptionsOf } from './connection-limits.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { strictHeaders } from './strict-headers.ts';

/** What is being answered when the stop comes may take this long. */
const drainMs = 10_000;

const addressInUse = (error: unknown, port: number): Error =>
  (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    ? new Error(`port ${port} is taken by another program: stop it, or set PORT (COMPAT_PORTS) to another`, {
        cause: error,
      })
    : (error as Error);

const listening = async (server: Server, host: string, port: number): Promise<void> => {
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    throw addressInUse(error, port);
  });
};

/** Takes no new requests, lets those that are being answered end, then cuts what is left. */
const drain = async (server: Server): Promise<void> => {
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  // A connection whose last answer went out would be kept alive for the next request, which is not coming.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  clearTimeout(cut);
  clearInterval(sweep);
};

export interface Listening {
  /** `http://127.0.0.1:8000`, with the port that was given where 0 was asked for. */
  readonly url: string;
  stop(): Promise<void>;
}

type App = Pick<Parameters<typeof createAdaptorServer>[0], 'fetch'>;

const urlOf = (server: Server): string => {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
};

const strictServer = (options: ServerOptions, listener: RequestListener): Server =>
  createServer(options, strictHeaders(listener));

const serverOf = (fetch: App['fetch'], limits: ConnectionLimits): Server => {
  const server = createAdaptorServer({
    fetch,
    serverOptions: serverOptionsOf(limits),
    createServer: strictServer as typeof createServer,
  }) as Server;
  server.maxConnections = limits.connections;
  server.prependListener('request', setSecurityHeaders);
  return server;
};

/**
 * Serves one app on all the ports; `url` is that of the first. Throws when one of them is taken, and then listens on
 * none.
 */
export const listen = async (
  { fetch }: App,
  {
    host,
    ports,
    limits = connectionLimits,
  }: { readonly host: string; readonly ports: readonly number[]; readonly limits?: ConnectionLimits },
): Promise<Listening> => {
  const servers = ports.map(() => serverOf(fetch, limits));
  const stop = async () => void (await Promise.all(servers.map(drain)));
  try {
    for (const [at, server] of servers.entries()) await listening(server, host, ports[at]!);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: urlOf(servers[0]!), stop };
};
