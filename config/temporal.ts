import type { Values } from './read-settings.ts';

/** Whoever gives a certificate or a key to a server means TLS. */
const wantsTls = (values: Values): boolean =>
  [
    values.TEMPORAL_TLS_CA,
    values.TEMPORAL_TLS_CERT,
    values.TEMPORAL_TLS_SERVER_NAME,
    values.TEMPORAL_API_KEY,
  ].some((value) => value !== undefined);

export const temporalContradictions = (values: Values): string[] => [
  ...((values.TEMPORAL_TLS_CERT === undefined) !== (values.TEMPORAL_TLS_KEY === undefined)
    ? ['TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY belong together: set both or neither']
    : []),
  ...(values.TEMPORAL_TLS === false && wantsTls(values)
    ? [
        'TEMPORAL_TLS=false with TEMPORAL_TLS_CA, TEMPORAL_TLS_CERT, TEMPORAL_TLS_SERVER_NAME or TEMPORAL_API_KEY: a key must not travel in clear text; unset one or the other',
      ]
    : []),
];

/** Where Temporal is and how it is spoken to. */
export const temporalOf = (values: Values) => ({
  address: values.TEMPORAL_ADDRESS,
  namespace: values.TEMPORAL_NAMESPACE,
  retentionMs: values.TEMPORAL_RETENTION,
  cliPath: values.TEMPORAL_CLI_PATH,
  uiUrl: values.TEMPORAL_UI_URL,
  tls: values.TEMPORAL_TLS ?? wantsTls(values),
  tlsCaFile: values.TEMPORAL_TLS_CA,
  tlsCertFile: values.TEMPORAL_TLS_CERT,
  tlsKeyFile: values.TEMPORAL_TLS_KEY,
  tlsServerName: values.TEMPORAL_TLS_SERVER_NAME,
  apiKey: values.TEMPORAL_API_KEY,
  /** Base64, the newest first; none: payloads are not encrypted. */
  payloadKeys: values.PAYLOAD_KEY ?? [],
});
