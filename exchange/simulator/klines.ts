import { timeframesMs } from '../../series.ts';
import { padDecimal } from '../decimal.ts';
import type { Candle } from '../exchange.ts';
import { RefusedRequest } from './answers.ts';
import { readParams } from './params.ts';
import type { CandleSource, SimSymbol } from './source.ts';

/** Binance writes every amount with this many digits behind the point, whatever the symbol's tick is. */
const writtenDecimals = 8;

const pad = (decimal: string): string => padDecimal(decimal, writtenDecimals);

/** How the candle looks when only `share` of its time is over: less volume, and a close on the way from the open. */
const soFar = (candle: Candle, share: number, { priceDecimals, volumeDecimals }: SimSymbol): Candle => {
  const [openTimeMs, open, high, low, close, volume] = candle;
  const onTheWay = (target: string) =>
    (Number(open) + (Number(target) - Number(open)) * share).toFixed(priceDecimals);
  const traded = (Number(volume) * share).toFixed(volumeDecimals);
  return [openTimeMs, open, onTheWay(high), onTheWay(low), onTheWay(close), traded];
};

/** `[openTime, o, h, l, c, v, closeTime, quoteVolume, trades, takerBase, takerQuote, "0"]` */
const row = ([openTimeMs, open, high, low, close, volume]: Candle, timeframeMs: number) => {
  const quoteVolume = (Number(volume) * (Number(open) + Number(close))) / 2;
  const amount = (value: number) => value.toFixed(writtenDecimals);
  const trades = Number(volume) > 0 ? 1 + Math.floor(Math.sqrt(quoteVolume)) : 0;
  const prices = [open, high, low, close].map(pad);
  const taker = [amount(Number(volume) / 2), amount(quoteVolume / 2)];
  return [
    openTimeMs,
    ...prices,
    pad(volume),
    openTimeMs + timeframeMs - 1,
    amount(quoteVolume),
    trades,
    ...taker,
    '0',
  ];
};

const readRequest = (query: URLSearchParams) => {
  const params = readParams(query);
  const request = {
    symbol: params.symbol(),
    timeframe: params.timeframe(),
    startTime: params.integer('startTime'),
    endTime: params.integer('endTime'),
    limit: params.integer('limit') ?? 500,
  };
  params.end();
  if (request.limit < 1) throw new RefusedRequest(-1130, "Data sent for parameter 'limit' is not valid.");
  return { ...request, limit: Math.min(request.limit, 1000) };
};

/**
 * The rows of GET /api/v3/klines at `nowMs`. The candle that is still forming is the last row when the range reaches
 * it, and nothing marks it. An unknown symbol is -1121; a timeframe that the source cannot make has no rows.
 */
export const klines = (source: CandleSource, query: URLSearchParams, nowMs: number): unknown[] => {
  const { symbol, timeframe, startTime, endTime, limit } = readRequest(query);
  const market = source.symbols.find(({ id }) => id === symbol);
  if (!market) throw new RefusedRequest(-1121, 'Invalid symbol.');
  const toMs = Math.min(endTime ?? nowMs, nowMs);
  const keep = startTime === undefined ? 'last' : 'first';
  const found = source.candles({ symbol, timeframe, fromMs: startTime ?? 0, toMs, limit, keep });
  const timeframeMs = timeframesMs[timeframe];
  const shown = found.map((candle) => {
    const share = (nowMs - candle[0]) / timeframeMs;
    return share < 1 ? soFar(candle, share, market) : candle;
  });
  return shown.map((candle) => row(candle, timeframeMs));
};
