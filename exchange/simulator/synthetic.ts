import { timeframesMs } from '../../series.ts';
import { canonicalDecimal } from '../decimal.ts';
import type { Candle } from '../exchange.ts';
import { aggregate } from './aggregate.ts';
import type { CandleRange, CandleSource, SimSymbol } from './source.ts';
import { splitSymbol } from './symbols.ts';
import { type MinuteBar, minuteBars } from './synthetic-market.ts';

const minuteMs = timeframesMs['1m'];
/** 14 days: 20,160 closed candles before the anchor. */
const historyMs = 14 * 24 * 60 * minuteMs;
const priceDecimals = 2;
const volumeDecimals = 5;

const startPrices: Record<string, number> = { BTCUSDT: 64_000, ETHUSDT: 3_400, SOLUSDT: 150 };
const dollarsPerMinute = 900_000;

/** A number of its own for each symbol, whatever the order they are listed in. */
const streamOf = (symbol: string): number =>
  [...symbol].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0, 7);

/** A market's minutes as far as anybody asked, made in order and remembered. */
const rememberedMinutes = (symbol: string, seed: number) => {
  const startPrice = startPrices[symbol] ?? 100;
  const made: MinuteBar[] = [];
  const typicalVolume = dollarsPerMinute / startPrice;
  const market = minuteBars({ seed, stream: streamOf(symbol), startPrice, typicalVolume });
  return (index: number): MinuteBar => {
    while (made.length <= index) made.push(market.next().value);
    return made[index] as MinuteBar;
  };
};

const asCandle = (openTimeMs: number, [open, high, low, close, volume]: MinuteBar): Candle => {
  const price = (value: number) => canonicalDecimal(value.toFixed(priceDecimals));
  const size = canonicalDecimal(volume.toFixed(volumeDecimals));
  return [openTimeMs, price(open), price(high), price(low), price(close), size];
};

/**
 * An endless seeded market of 1m candles: 14 days before `anchorMs`, then on and on. Longer timeframes are made of them.
 * Minute i after the first is the same for every anchor; keep the anchor of a state directory, or its history moves.
 */
export const syntheticSource = ({
  seed,
  anchorMs,
  symbols = ['BTCUSDT', 'ETHUSDT'],
}: {
  seed: number;
  anchorMs: number;
  symbols?: readonly string[];
}): CandleSource => {
  const startMs = anchorMs - (anchorMs % minuteMs);
  const firstMs = startMs - historyMs;
  const markets = new Map(symbols.map((symbol) => [symbol, rememberedMinutes(symbol, seed)]));

  const minutes = (symbol: string, fromMs: number, toMs: number): Candle[] => {
    const minute = markets.get(symbol);
    const from = Math.ceil((Math.max(fromMs, firstMs) - firstMs) / minuteMs);
    const to = Math.floor((toMs - firstMs) / minuteMs);
    if (!minute || to < from) return [];
    return Array.from({ length: to - from + 1 }, (_, i) =>
      asCandle(firstMs + (from + i) * minuteMs, minute(from + i)),
    );
  };

  const candles = ({ symbol, timeframe, fromMs, toMs, limit, keep }: CandleRange): readonly Candle[] => {
    const span = timeframesMs[timeframe];
    const lowest = Math.ceil(Math.max(fromMs, firstMs - (firstMs % span)) / span) * span;
    const highest = Math.floor(toMs / span) * span;
    const from = keep === 'first' ? lowest : Math.max(lowest, highest - (limit - 1) * span);
    const to = keep === 'first' ? Math.min(highest, lowest + (limit - 1) * span) : highest;
    const found = minutes(symbol, from, to + span - minuteMs);
    return span === minuteMs ? found : aggregate(found, span);
  };

  const describe = (id: string): SimSymbol => ({ id, ...splitSymbol(id), priceDecimals, volumeDecimals });
  return {
    symbols: symbols.map(describe),
    startMs,
    firstMs,
    endMs: Number.POSITIVE_INFINITY,
    candles,
  };
};
