import { splitSymbol } from '../../exchange/simulator/symbols.ts';
import { parseSeries, type Series } from '../../series.ts';
import { type OlderRow, type OlderWatermark } from './schema.ts';
import { textOf } from './values.ts';

const orUndefined = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

/** `BTC/USDT`, also where a dash, an underscore or nothing stands between the two. */
const symbolOf = (text: string): string => {
  const upper = text.toUpperCase().replaceAll(/[-_]/g, '/');
  if (upper.includes('/')) return upper;
  const { base, quote } = splitSymbol(upper);
  return `${base}/${quote}`;
};

const seriesOf = (exchange: string, symbol: string, timeframe: string): Series | undefined =>
  orUndefined(() => parseSeries(`${exchange.toLowerCase()}:${symbolOf(symbol)}:${timeframe}`));

/** The series that a watermark named `ingest:<exchange>:<symbol>:<timeframe>` is of. */
export const seriesOfWatermark = ({ name }: OlderWatermark): Series | undefined => {
  const [, exchange, symbol, timeframe] = /^ingest:([^:]+):(.+):([^:]+)$/.exec(textOf(name)) ?? [];
  return exchange && symbol && timeframe ? seriesOf(exchange, symbol, timeframe) : undefined;
};

const unique = (names: readonly string[]): string[] => [...new Set(names)];

const exchangesOf = (known: readonly Series[], symbol: string, timeframe: string): string[] => {
  const wanted = orUndefined(() => symbolOf(symbol));
  const same = known.filter((series) => series.symbol === wanted && series.timeframe === timeframe);
  return unique((same.length > 0 ? same : known).map(({ exchange }) => exchange));
};

/**
 * The series of a file. The older stack did not write its exchange down, but the watermarks name it; of several that one
 * which the path names, or which is configured. undefined: nobody can tell, or the series is none that is known here.
 */
export const seriesOfRow = (
  row: OlderRow,
  known: readonly Series[],
  configured: string | undefined,
): Series | undefined => {
  const [symbol, timeframe] = [textOf(row.symbol), textOf(row.timeframe)];
  const named = exchangesOf(known, symbol, timeframe);
  const parts = textOf(row.path)
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const inPath = named.filter((exchange) => parts.includes(exchange));
  const candidates = named.length > 1 && inPath.length > 0 ? inPath : named;
  const [only, ...others] = candidates;
  const isConfigured =
    configured !== undefined && (candidates.length === 0 || candidates.includes(configured));
  const exchange = only !== undefined && others.length === 0 ? only : isConfigured ? configured : undefined;
  return exchange === undefined ? undefined : seriesOf(exchange, symbol, timeframe);
};
