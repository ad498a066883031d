import { type Series, seriesKey, timeframesMs } from '../series.ts';
import { closedCandles, type RawRow } from './candle-rows.ts';
import { countingRows, unlessAborted, watchAnswers } from './ccxt-answers.ts';
import { type CcxtClient, type CcxtOptions, createCcxtClient } from './ccxt-client.ts';
import { asExchangeError } from './ccxt-failures.ts';
import { loadedMarkets } from './ccxt-markets.ts';
import { nextRows } from './ccxt-pages.ts';
import { ExchangeError } from './errors.ts';
import type { CandlePage, Exchange } from './exchange.ts';

export type { CcxtOptions } from './ccxt-client.ts';

type PageRequest = Parameters<Exchange['fetchCandles']>[0];

/** Binance cuts any larger limit to this; other exchanges say their own. */
const largestPage = 1000;

const pageLimit = (client: CcxtClient, asked: number): number => {
  if (!Number.isSafeInteger(asked) || asked < 1)
    throw new ExchangeError('BadRequest', `limit ${asked} is no count`);
  return Math.min(asked, client.features?.spot?.fetchOHLCV?.limit ?? largestPage, largestPage);
};

const fillsPages = (client: CcxtClient): boolean => client.id.startsWith('binance');

/** Rows that CCXT dropped would look like a short page, and a short page like the end of the history. */
const demandEveryRow = (rows: readonly RawRow[], listed: number | undefined, where: string) => {
  if (listed === rows.length) return;
  throw new ExchangeError(
    'BadAnswer',
    `${where}: the answer listed ${listed} rows, of which ${rows.length} were readable`,
  );
};

const askRows = async (client: CcxtClient, request: PageRequest, sinceMs: number, limit: number) => {
  const { series, untilMs, signal } = request;
  signal?.throwIfAborted();
  const params = untilMs === undefined ? {} : { until: untilMs };
  const [rows, listed] = await countingRows(() =>
    client.fetchOHLCV(series.symbol, series.timeframe, sinceMs, limit, params),
  );
  if (fillsPages(client)) demandEveryRow(rows, listed, seriesKey(series));
  return rows;
};

/**
 * One page by hand: CCXT's `paginate` would skip to the newest candles. The clock is read before the rows,
 * so a candle that closes in between counts as still forming and is given next time.
 */
const fetchPage = async (client: CcxtClient, request: PageRequest): Promise<CandlePage> => {
  const { series, sinceMs, untilMs = Number.POSITIVE_INFINITY } = request;
  const limit = pageLimit(client, request.limit);
  const timeframeMs = timeframesMs[series.timeframe];
  const exchangeTimeMs = await client.fetchTime();
  const { rows, caughtUp } = await nextRows({
    ask: (fromMs) => askRows(client, request, fromMs, limit),
    sinceMs,
    limit,
    timeframeMs,
    endMs: Math.min(untilMs, exchangeTimeMs),
    fillsPages: fillsPages(client),
  });
  const closed = closedCandles(rows, { timeframeMs, exchangeTimeMs, where: seriesKey(series) });
  const candles = closed.filter(([openTimeMs]) => openTimeMs >= sinceMs && openTimeMs <= untilMs);
  return { candles, exchangeTimeMs, caughtUp };
};

const demandTimeframe = (client: CcxtClient, { timeframe }: Series): void => {
  if (Object.hasOwn(client.timeframes, timeframe)) return;
  throw new ExchangeError('BadRequest', `${client.id} has no ${timeframe} candles`);
};

/**
 * A real exchange through CCXT. Every failure is an `ExchangeError`; an aborted `signal` throws its own reason.
 * Nothing is asked of the exchange before the first call.
 */
export const createCcxtExchange = async (options: CcxtOptions): Promise<Exchange> => {
  const client = watchAnswers(await createCcxtClient(options), options.timeoutMs ?? 10_000);
  const markets = loadedMarkets(client);

  const ask = async <T>(doing: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const answer = signal ? unlessAborted(signal, work) : work();
    return await answer.catch((error: unknown) => {
      throw signal?.aborted ? signal.reason : asExchangeError(error, doing);
    });
  };

  const demandedPage = async (request: PageRequest): Promise<CandlePage> => {
    demandTimeframe(client, request.series);
    await markets.demand(request.series.symbol);
    return await fetchPage(client, request);
  };

  const fetchCandles = (request: PageRequest): Promise<CandlePage> =>
    ask(`candles of ${seriesKey(request.series)}`, () => demandedPage(request), request.signal);

  return {
    id: client.id,
    fetchCandles,
    async firstCandleTimeMs({ series, sinceMs }) {
      const { candles } = await fetchCandles({ series, sinceMs, limit: 1 });
      return candles[0]?.[0];
    },
    timeMs: () => ask(`the clock of ${client.id}`, () => client.fetchTime()),
    close: async () => {
      await client.close?.();
    },
  };
};
