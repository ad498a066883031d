import { type Timeframe, timeframesMs } from '../../series.ts';
import { addDecimals } from '../decimal.ts';
import type { Candle } from '../exchange.ts';

const larger = (a: string, b: string): string => (Number(b) > Number(a) ? b : a);
const smaller = (a: string, b: string): string => (Number(b) < Number(a) ? b : a);

const merge = (openTimeMs: number, parts: readonly Candle[]): Candle => [
  openTimeMs,
  (parts[0] as Candle)[1],
  parts.map((part) => part[2]).reduce(larger),
  parts.map((part) => part[3]).reduce(smaller),
  (parts.at(-1) as Candle)[4],
  addDecimals(parts.map((part) => part[5])),
];

/** Candles of a longer timeframe out of ascending shorter ones; a span without any stays absent. */
export const aggregate = (candles: readonly Candle[], timeframeMs: number): Candle[] => {
  const spans = new Map<number, Candle[]>();
  for (const candle of candles) {
    const openTimeMs = candle[0] - (candle[0] % timeframeMs);
    const span = spans.get(openTimeMs);
    if (span) span.push(candle);
    else spans.set(openTimeMs, [candle]);
  }
  return [...spans].map(([openTimeMs, parts]) => merge(openTimeMs, parts));
};

/** The longest of the stored timeframes that divides the one asked for; undefined when none does. */
export const finerTimeframe = (stored: readonly Timeframe[], asked: Timeframe): Timeframe | undefined =>
  stored
    .filter((timeframe) => timeframesMs[asked] % timeframesMs[timeframe] === 0)
    .sort((a, b) => timeframesMs[b] - timeframesMs[a])[0];
