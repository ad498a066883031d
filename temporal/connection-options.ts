import { readFileSync } from 'node:fs';
import type { ClientOptions, TLSConfig } from '@temporalio/client';
import { dataConverterOf } from './data-converter.ts';

/** How to reach Temporal; `config.temporal` is one of these. */
export interface TemporalPlace {
  readonly address: string;
  readonly namespace: string;
  /** TLS at all; the files and the name are read only then. */
  readonly tls?: boolean | undefined;
  readonly tlsCaFile?: string | undefined;
  readonly tlsCertFile?: string | undefined;
  readonly tlsKeyFile?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly apiKey?: string | undefined;
  /** PAYLOAD_KEY; none: payloads are plain JSON. */
  readonly payloadKeys?: readonly string[];
}

const read = (setting: string, file: string): Uint8Array => {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Error(`${setting}=${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
};

/** Files are read at each connect: a renewed certificate counts from the next start. */
const tlsOf = ({ tlsCaFile, tlsCertFile, tlsKeyFile, tlsServerName }: TemporalPlace): TLSConfig => ({
  ...(tlsServerName === undefined ? {} : { serverNameOverride: tlsServerName }),
  ...(tlsCaFile === undefined ? {} : { serverRootCACertificate: read('TEMPORAL_TLS_CA', tlsCaFile) }),
  ...(tlsCertFile === undefined || tlsKeyFile === undefined
    ? {}
    : {
        clientCertPair: {
          crt: read('TEMPORAL_TLS_CERT', tlsCertFile),
          key: read('TEMPORAL_TLS_KEY', tlsKeyFile),
        },
      }),
});

/** What clients and workers need alike in order to reach the server: the one place that knows. */
export const connectionOptions = (place: TemporalPlace) => ({
  address: place.address,
  ...(place.tls ? { tls: tlsOf(place) } : {}),
  ...(place.apiKey === undefined ? {} : { apiKey: place.apiKey }),
});

/** What every client of ours is made with. */
export const clientOptions = ({ namespace, payloadKeys }: TemporalPlace): ClientOptions => ({
  namespace,
  dataConverter: dataConverterOf(payloadKeys),
});
