import type { Candle } from '../../exchange/exchange.ts';
import { type CandleSource, selectRange } from '../../exchange/simulator/source.ts';
import { splitSymbol } from '../../exchange/simulator/symbols.ts';
import { type Timeframe, timeframesMs } from '../../series.ts';

/** An exchange with these candles, ascending, by symbol (`BTCUSDT`). */
export const listSource = (
  timeframe: Timeframe,
  bySymbol: Readonly<Record<string, readonly Candle[]>>,
): CandleSource => {
  const all = Object.values(bySymbol).flat();
  const times = all.map(([openTimeMs]) => openTimeMs);
  const endMs = Math.max(...times) + timeframesMs[timeframe];
  return {
    symbols: Object.keys(bySymbol).map((id) => ({
      ...{ id, ...splitSymbol(id), priceDecimals: 8, volumeDecimals: 8 },
    })),
    ...{ firstMs: Math.min(...times), startMs: endMs, endMs },
    candles: (range) => {
      const candles = range.timeframe === timeframe ? (bySymbol[range.symbol] ?? []) : [];
      const [from, to] = selectRange(candles.length, (at) => candles[at]![0], range);
      return candles.slice(from, to);
    },
  };
};
