import type { ServerOptions } from 'node:http';

/** What one connection, and all of them, may cost before anybody has shown a key. */
export interface ConnectionLimits {
  /** From its first byte; who sends slower holds a connection for nothing. */
  readonly headersMs: number;
  /** Headers and body together. */
  readonly requestMs: number;
  /** How often the two are looked at. */
  readonly checkEveryMs: number;
  readonly keepAliveMs: number;
  readonly headerBytes: number;
  /** Per port; beyond them new ones are closed at once, and those that are served go on. */
  readonly connections: number;
}

export const connectionLimits: ConnectionLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  checkEveryMs: 1_000,
  // Longer than the 45 s between an engine's polls, so that it keeps its connection.
  keepAliveMs: 65_000,
  headerBytes: 16_384,
  // Below the usual limit of 4,096 open files, half of which databases and Temporal never need.
  connections: 2_000,
};

/**
 * Node's strict parser refuses what proxies and servers could read differently (two lengths, a length beside chunks, bare
 * line feeds); the rest is said here, so that no default of a later Node loosens it.
 */
export const serverOptionsOf = (limits: ConnectionLimits): ServerOptions => ({
  insecureHTTPParser: false,
  requireHostHeader: true,
  headersTimeout: limits.headersMs,
  requestTimeout: limits.requestMs,
  connectionsCheckingInterval: limits.checkEveryMs,
  keepAliveTimeout: limits.keepAliveMs,
  maxHeaderSize: limits.headerBytes,
});
