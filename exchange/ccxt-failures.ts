import { ExchangeError, type ExchangeErrorKind } from './errors.ts';

/**
 * CCXT's classes, most special first: each error is given the kind of the first class in its ancestry.
 * NetworkError and OperationFailed are the transient half of CCXT's tree.
 */
const kinds: readonly (readonly [ccxtClass: string, kind: ExchangeErrorKind])[] = [
  ['BadSymbol', 'BadSymbol'],
  ['BadRequest', 'BadRequest'],
  ['ArgumentsRequired', 'BadRequest'],
  ['NotSupported', 'BadRequest'],
  ['RestrictedLocation', 'Restricted'],
  ['AuthenticationError', 'Auth'],
  ['DDoSProtection', 'RateLimited'],
  ['RateLimitExceeded', 'RateLimited'],
  ['BadResponse', 'BadAnswer'],
  ['OperationFailed', 'Unavailable'],
];

/** CCXT's plain ExchangeError: a code that it has no class for. Then the HTTP status has the say. */
const kindOfStatus = (status: number | undefined): ExchangeErrorKind => {
  if (status === undefined || status < 400) return 'BadAnswer';
  return status >= 500 ? 'Unavailable' : 'BadRequest';
};

const ancestry = (error: object): string[] => {
  const names: string[] = [];
  for (let proto = Object.getPrototypeOf(error); proto; proto = Object.getPrototypeOf(proto)) {
    names.push(proto.constructor?.name ?? '');
  }
  return names;
};

/** Sockets fail outside CCXT's tree: undici's SocketError, node's ECONNRESET, a missed deadline. */
const isTransport = (error: Error): boolean => {
  const code = 'code' in error ? String(error.code) : '';
  const names = ['SocketError', 'TimeoutError', 'AbortError', 'BodyTimeoutError'];
  return names.includes(error.name) || /^(UND_ERR_|ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|EAI_)/.test(code);
};

const kindOf = (error: Error, status: number | undefined): ExchangeErrorKind | undefined => {
  const names = new Set(ancestry(error));
  if (names.has('BaseError')) return kinds.find(([name]) => names.has(name))?.[1] ?? kindOfStatus(status);
  const cause = error.cause instanceof Error ? error.cause : undefined;
  return isTransport(error) || (cause && isTransport(cause)) ? 'Unavailable' : undefined;
};

/** An ExchangeError for what CCXT or the socket threw; what neither knows is a bug and stays as it is. */
export const asExchangeError = (error: unknown, doing: string, status?: number): unknown => {
  if (error instanceof ExchangeError || !(error instanceof Error)) return error;
  const kind = kindOf(error, status);
  return kind ? new ExchangeError(kind, `${doing}: ${error.message}`, { cause: error }) : error;
};
