import { InvalidName } from './names.ts';

/** A series is one exchange + symbol + timeframe, written `binance:BTC/USDT:1h`. */
export interface Series {
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
}

/** Length of each timeframe in milliseconds. Calendar months are left out: they have no fixed length. */
export const timeframesMs = {
  '1m': 60_000,
  '3m': 180_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1h': 3_600_000,
  '2h': 7_200_000,
  '4h': 14_400_000,
  '6h': 21_600_000,
  '8h': 28_800_000,
  '12h': 43_200_000,
  '1d': 86_400_000,
} as const;

export type Timeframe = keyof typeof timeframesMs;

const keyPattern = /^([a-z0-9]+):([A-Z0-9]+\/[A-Z0-9]+(?::[A-Z0-9]+)?):([0-9]+[a-z])$/;

export const isTimeframe = (text: string): text is Timeframe => Object.hasOwn(timeframesMs, text);

export const seriesKey = ({ exchange, symbol, timeframe }: Series): string =>
  `${exchange}:${symbol}:${timeframe}`;

/** Reads `binance:BTC/USDT:1h`. Throws with the text and what is allowed. */
export const parseSeries = (key: string): Series => {
  const [, exchange, symbol, timeframe] = keyPattern.exec(key) ?? [];
  if (!exchange || !symbol || !timeframe || !isTimeframe(timeframe)) {
    throw new InvalidName(
      `"${key.slice(0, 80)}" is not a series: it reads <exchange>:<BASE/QUOTE>:<timeframe>, such as binance:BTC/USDT:1h, timeframe one of ${Object.keys(timeframesMs).join(' ')}`,
    );
  }
  return { exchange, symbol, timeframe };
};

/** A series as a path segment or part of a workflow id: the slash of the symbol becomes a dash. */
export const seriesSlug = (series: Series): string => seriesKey(series).replaceAll('/', '-');
