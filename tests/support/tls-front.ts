import { once } from 'node:events';
import {
  connect,
  constants,
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

export interface FrontOptions {
  /** Of the Temporal server behind, which speaks in clear. */
  readonly address: string;
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Clients must show a certificate of this authority. */
  readonly clientCa?: Buffer;
  /** Calls must carry this key, as Temporal Cloud demands it. */
  readonly apiKey?: string;
  /** Calls that nobody may make, by the end of their path. */
  readonly denied?: RegExp;
}

const refusal = (status: number, message: string) => ({
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-status': String(status),
  'grpc-message': message,
});

/** A TLS front of a Temporal server, like the one of a load balancer: HTTP/2 in, HTTP/2 out, trailers included. */
export const startTlsFront = async ({ address, cert, key, clientCa, apiKey, denied }: FrontOptions) => {
  const behind = connect(`http://${address}`);
  const mutual = clientCa ? { ca: clientCa, requestCert: true, rejectUnauthorized: true } : {};
  const server = createSecureServer({ cert, key, ...mutual });
  const open = new Set<ServerHttp2Session>();
  server.on('session', (session) => open.add(session));
  server.on('sessionError', () => undefined);
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const allowed = apiKey === undefined || headers.authorization === `Bearer ${apiKey}`;
    if (!allowed) stream.respond(refusal(16, 'Request unauthorized.'), { endStream: true });
    else if (denied?.test(headers[':path'] ?? ''))
      stream.respond(refusal(7, 'Request denied.'), { endStream: true });
    else forward(stream, behind.request({ ...headers, ':authority': address, ':scheme': 'http' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    open.forEach((session) => session.destroy());
    behind.destroy();
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, stop };
};

const forward = (stream: ServerHttp2Stream, up: ReturnType<ReturnType<typeof connect>['request']>): void => {
  let trailers: IncomingHttpHeaders = {};
  stream.pipe(up);
  stream.on('close', () => up.close(constants.NGHTTP2_CANCEL));
  up.on('error', () => stream.destroy());
  up.on('trailers', (found) => {
    trailers = found;
  });
  up.on('response', (headers, flags) => {
    const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    stream.respond(headers, endStream ? { endStream } : { waitForTrailers: true });
    if (!endStream) up.pipe(stream);
  });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
};
