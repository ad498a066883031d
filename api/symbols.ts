import { parseSeries } from '../series.ts';

/** `BTC/USDT`, `btcusdt` and `BTC-USDT` are one symbol. */
export const plainSymbol = (text: string): string => text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');

interface Preference {
  readonly exchange: string;
  readonly timeframe: string;
}

/**
 * The key among `keys` that a client means by a symbol or a whole series key; undefined where none matches.
 * Of several timeframes or exchanges the configured ones win.
 */
export const findSeries = (
  keys: readonly string[],
  symbol: string,
  { exchange, timeframe }: Preference,
): string | undefined => {
  const exact = keys.find((key) => key.toUpperCase() === symbol.toUpperCase());
  if (exact) return exact;
  const score = (key: string) => {
    const series = parseSeries(key);
    return Number(series.timeframe === timeframe) * 2 + Number(series.exchange === exchange);
  };
  return keys
    .filter((key) => plainSymbol(parseSeries(key).symbol) === plainSymbol(symbol))
    .sort((a, b) => score(b) - score(a))[0];
};
