import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createClock } from '../../exchange/simulator/clock.ts';
import { startSimulator } from '../../exchange/simulator/server.ts';
import { syntheticSource } from '../../exchange/simulator/synthetic.ts';
import { timeframesMs } from '../../series.ts';

export const timeframe = '1h';
export const stepMs = timeframesMs[timeframe];
export const symbols = ['BTC/USDT', 'ETH/USDT'];
export const firstMs = Date.UTC(2024, 0, 20);
/** History that is there from the beginning: enough for a genesis. */
export const before = 330;
const historyMs = 14 * 86_400_000;

const idOf = (symbol: string): string => symbol.replace('/', '');

/** The exchange, whose truth is known: how many candles are closed is told by `advance`. */
export const openMarket = async (seed: number) => {
  const source = syntheticSource({ seed, anchorMs: firstMs + historyMs, symbols: symbols.map(idOf) });
  const clock = createClock({ startMs: firstMs + before * stepMs });
  const { url, close } = await startSimulator({ source, clock, weightLimit: 1e9 });
  const closed = (symbol: string) =>
    source.candles({
      ...{ symbol: idOf(symbol), timeframe, fromMs: firstMs, keep: 'first', limit: 1e9 },
      toMs: clock.now() - stepMs,
    });
  return {
    url,
    close,
    advance: (candles: number): void => clock.advanceBy(candles * stepMs),
    bars: (): number => symbols.length * Math.floor((clock.now() - firstMs) / stepMs),
    /** Writes what is closed by now, a file for each series, for the checker. */
    writeTruth: (folder: string): void => {
      mkdirSync(folder, { recursive: true });
      for (const symbol of symbols) {
        const file = path.join(folder, `binance_${idOf(symbol)}_${timeframe}.csv`);
        writeFileSync(
          file,
          closed(symbol)
            .map((candle) => `${candle.join(',')}\n`)
            .join(''),
        );
      }
    },
  };
};
