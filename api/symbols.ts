import { parseSeries, type Series, seriesKey } from '../series.ts';
import { ApiError } from './errors.ts';

/** `BTC/USDT`, `btcusdt` and `BTC-USDT` are one symbol. */
const plainSymbol = (text: string): string => text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');

/**
 * The key among `keys` that a client means by a symbol or by a whole series key; undefined where none matches.
 * Where a symbol has several series, a configured one wins.
 */
export const findSeries = (
  keys: readonly string[],
  symbol: string,
  configured: readonly Series[],
): string | undefined => {
  const exact = keys.find((key) => key.toUpperCase() === symbol.toUpperCase());
  if (exact) return exact;
  const wanted = plainSymbol(symbol);
  const matches = keys.filter((key) => plainSymbol(parseSeries(key).symbol) === wanted);
  const known = new Set(configured.map(seriesKey));
  return matches.find((key) => known.has(key)) ?? matches[0];
};

/** The same where there must be one. Throws 404 `UnknownSymbol`, naming those that there are. */
export const demandSeries = (
  keys: readonly string[],
  symbol: string,
  configured: readonly Series[],
): string => {
  const key = findSeries(keys, symbol, configured);
  if (key !== undefined) return key;
  const known = [...new Set(keys)].join(', ');
  throw new ApiError(404, 'UnknownSymbol', `no series "${symbol}"; there are ${known}`);
};
