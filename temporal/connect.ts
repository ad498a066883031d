import { Client, type ClientOptions, Connection } from '@temporalio/client';
import { clientOptions, connectionOptions, type TemporalPlace } from './connection-options.ts';
import { tlsProblem } from './tls-probe.ts';

const settingsOf = ({ tls }: TemporalPlace): string =>
  tls
    ? 'TEMPORAL_ADDRESS, TEMPORAL_TLS_CA, TEMPORAL_TLS_CERT, TEMPORAL_TLS_KEY and TEMPORAL_API_KEY'
    : 'TEMPORAL_ADDRESS (and TEMPORAL_TLS, when the server speaks TLS)';

const unreachable = (place: TemporalPlace, why: string, cause?: unknown): Error =>
  new Error(`no connection to Temporal at ${place.address}: ${why}; look at ${settingsOf(place)}`, { cause });

/** The SDK wraps what gRPC said; the innermost message says most. */
const innermost = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? innermost(cause) : message;
};

/** What a client passes its calls through; tracing.ts has some. */
type Around = Pick<ClientOptions, 'interceptors'>;

/** A client that fails at once when the server is not there, instead of at the first request. */
export const connectClient = async (
  place: TemporalPlace,
  { timeoutMs = 10_000, interceptors }: { readonly timeoutMs?: number } & Around = {},
): Promise<Client> => {
  const problem = place.tls ? await tlsProblem(place) : undefined;
  if (problem !== undefined) throw unreachable(place, problem);
  const options = { ...connectionOptions(place), connectTimeout: timeoutMs };
  const connection = await Connection.connect(options).catch((error: unknown) => {
    throw unreachable(place, innermost(error), error);
  });
  return new Client({ connection, ...clientOptions(place), ...(interceptors ? { interceptors } : {}) });
};

/** A server that comes back is found within seconds; gRPC would wait for up to two minutes. */
const channelArgs = { 'grpc.initial_reconnect_backoff_ms': 500, 'grpc.max_reconnect_backoff_ms': 5_000 };

/** Connects with the first request: serving does not need Temporal, so its absence does not stop the start. */
export const lazyClient = (place: TemporalPlace, { interceptors }: Around = {}): Client =>
  new Client({
    connection: Connection.lazy({ ...connectionOptions(place), channelArgs }),
    ...clientOptions(place),
    ...(interceptors ? { interceptors } : {}),
  });
