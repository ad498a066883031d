import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface TestProxy {
  /** With the credentials that it demands. */
  readonly url: string;
  /** What was asked for through it: `CONNECT host:port`, `GET http://host:port/path`. */
  readonly asked: string[];
  close(): Promise<void>;
}

const credentials = 'user:pass word';

const isAllowed = (header: string | undefined): boolean =>
  header === `Basic ${Buffer.from(credentials).toString('base64')}`;

/** Both ways in which clients use a proxy: a tunnel (CONNECT), and whole addresses. */
const serverOf = (asked: string[], sockets: Set<Socket>): Server => {
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    if (!isAllowed(incoming.headers['proxy-authorization'])) {
      response.writeHead(407).end();
      return;
    }
    const { method, headers } = incoming;
    const onwards = httpRequest(incoming.url!, { method, headers } as object, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(onwards.on('error', () => response.destroy()));
  });
  server.on('connect', (incoming, socket: Socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    if (!isAllowed(incoming.headers['proxy-authorization'])) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const [host, port] = incoming.url!.split(':');
    const onwards = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onwards.pipe(socket).pipe(onwards);
    });
    for (const one of [socket, onwards]) sockets.add(one.on('error', () => one.destroy()));
  });
  return server;
};

/** A proxy on loopback that lets in who has its credentials. */
export const startProxy = async (): Promise<TestProxy> => {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = serverOf(asked, sockets);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${credentials.replace(' ', '%20')}@127.0.0.1:${port}`,
    asked,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
