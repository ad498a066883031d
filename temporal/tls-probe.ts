import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { connectionOptions, type TemporalPlace } from './connection-options.ts';

const patienceMs = 3_000;

const hostAndPort = (address: string): { host: string; port: number } => {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
};

const open = (place: TemporalPlace): TLSSocket => {
  const { tls } = connectionOptions(place);
  const { host, port } = hostAndPort(place.address);
  const { serverNameOverride: name, serverRootCACertificate: ca, clientCertPair: pair } = tls ?? {};
  return connect({
    host,
    port,
    ALPNProtocols: ['h2'],
    ...(name === undefined ? {} : { servername: name }),
    ...(ca ? { ca: Buffer.from(ca) } : {}),
    ...(pair ? { cert: Buffer.from(pair.crt), key: Buffer.from(pair.key) } : {}),
  });
};

/** Of OpenSSL's own errors the reason alone is for people: the rest are its files and lines. */
const reasonOf = ({
  code = '',
  reason,
  message,
}: NodeJS.ErrnoException & { reason?: string }): string | undefined => {
  if (isTransport(code)) return undefined;
  return code.startsWith('ERR_SSL') ? (reason ?? message) : message;
};

/** A server that is not there (yet) is gRPC's to wait for. */
const isTransport = (code: string): boolean => /^(ECONN|EPIPE|ETIMEDOUT|EAI_)/.test(code);

/**
 * Why no TLS connection comes about; undefined: one does, or nobody answers at all. gRPC says no more than that its
 * deadline has passed. A server that misses our certificate says so only after the handshake, so the first byte of its
 * HTTP/2 is waited for.
 */
export const tlsProblem = async (place: TemporalPlace): Promise<string | undefined> => {
  const socket = open(place);
  try {
    const ended = once(socket, 'close').then(
      () => 'the server closed the connection, as for a certificate that it does not accept',
    );
    const late = delay(patienceMs, 'the server does not answer', { ref: false });
    return await Promise.race([once(socket, 'data').then(() => undefined), ended, late]);
  } catch (error) {
    return reasonOf(error as Error);
  } finally {
    socket.on('error', () => undefined).destroy();
  }
};
