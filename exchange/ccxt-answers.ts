import { AsyncLocalStorage } from 'node:async_hooks';
import type { CcxtClient, HandleErrors } from './ccxt-client.ts';
import { asExchangeError } from './ccxt-failures.ts';
import { ExchangeError } from './errors.ts';

/** What the answer to one call held. Kept per call: one client serves several at once. */
interface Call {
  listedRows?: number;
}

const calls = new AsyncLocalStorage<Call>();

/**
 * Runs `work` and says how many rows its last answer listed (undefined when it was no list).
 * CCXT drops rows that it cannot place, without saying so.
 */
export const countingRows = async <T>(
  work: () => Promise<T>,
): Promise<[result: T, listedRows: number | undefined]> => {
  const call: Call = {};
  const result = await calls.run(call, work);
  return [result, call.listedRows];
};

const retryAfterMs = (headers: Record<string, string>): number | undefined => {
  const text = Object.entries(headers)
    .find(([name]) => name.toLowerCase() === 'retry-after')?.[1]
    ?.trim();
  if (!text) return undefined;
  const seconds = Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
};

/** A firewall's refusal lifts after a while, and asking meanwhile prolongs it. */
const firewallPauseMs = 60_000;

const refuseStatus = (status: number, url: string, headers: Record<string, string>, body: string): void => {
  const said = `${status} from ${url}: ${body.trim().slice(0, 300)}`;
  const wait = retryAfterMs(headers);
  if (status === 429 || status === 418) throw new ExchangeError('RateLimited', said, { retryAfterMs: wait });
  if (status === 451) throw new ExchangeError('Restricted', said);
  if (status >= 500 && wait !== undefined)
    throw new ExchangeError('Unavailable', said, { retryAfterMs: wait });
  if (status === 403) throw new ExchangeError('Unavailable', said, { retryAfterMs: wait ?? firewallPauseMs });
};

const isEmptyObject = (parsed: unknown): boolean =>
  typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) && Object.keys(parsed).length === 0;

const refuseUnreadable = (url: string, body: string, parsed: unknown): void => {
  const shown = `${JSON.stringify(body.slice(0, 120))} (${body.length} characters) from ${url}`;
  if (parsed === undefined) throw new ExchangeError('BadAnswer', `the answer is not JSON: ${shown}`);
  if (isEmptyObject(parsed)) throw new ExchangeError('BadAnswer', `the answer says nothing: ${shown}`);
};

const withStatus = (status: number, url: string, work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    throw asExchangeError(error, url, status);
  }
};

const checkedAnswers =
  (inner: HandleErrors): HandleErrors =>
  (status, reason, url, method, headers, body, parsed, ...rest) => {
    refuseStatus(status, url, headers, body);
    const handled = withStatus(status, url, () =>
      inner(status, reason, url, method, headers, body, parsed, ...rest),
    );
    if (status >= 200 && status < 300) refuseUnreadable(url, body, parsed);
    const call = calls.getStore();
    if (call && Array.isArray(parsed)) call.listedRows = parsed.length;
    return handled;
  };

/** The result of `work`, or the reason of `signal` as soon as it is aborted; the work itself runs out unheard. */
export const unlessAborted = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  return await Promise.race([work(), aborted]).finally(() => signal.removeEventListener('abort', abort));
};

/**
 * Makes a client say what CCXT swallows: success pages that are no JSON, empty objects, `Retry-After`,
 * and bodies that stall after the headers, where CCXT's own timeout no longer runs.
 */
export const watchAnswers = (client: CcxtClient, timeoutMs: number): CcxtClient => {
  const fetch = client.fetch.bind(client);
  client.handleErrors = checkedAnswers(client.handleErrors.bind(client));
  client.fetch = (...request) => unlessAborted(AbortSignal.timeout(timeoutMs), () => fetch(...request));
  return client;
};
