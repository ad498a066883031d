import { syntheticSource } from '../../exchange/simulator/synthetic.ts';
import { landCandles } from '../../ledger/landing.ts';
import type { Ledger } from '../../ledger/open.ts';
import { type Series, timeframesMs } from '../../series.ts';

/** 2024-01-15: fixed, so that every run of the tests sees the same candles. */
export const anchorMs = 1_705_276_800_000;
export const market = syntheticSource({ seed: 7, anchorMs, symbols: ['BTCUSDT', 'ETHUSDT'] });
export const firstCandleMs = market.firstMs;

/** Stores `count` candles as one file, behind what is already there, as an ingest would. */
export const landPage = (
  { ledger, dataDir }: { ledger: Ledger; dataDir: string },
  series: Series,
  count: number,
): void => {
  const stepMs = timeframesMs[series.timeframe];
  const from = ledger.watermark(series) ?? ledger.startWatermark(series, firstCandleMs);
  const next = from + count * stepMs;
  const candles = market.candles({
    symbol: series.symbol.replace('/', ''),
    timeframe: series.timeframe,
    fromMs: from,
    toMs: next - 1,
    limit: count,
    keep: 'first',
  });
  if (candles.length !== count) throw new Error(`the market has ${candles.length} candles, not ${count}`);
  landCandles({
    ...{ ledger, dataDir, series, candles, landing: 'incoming', fetchedAt: from },
    ...{ expectedWatermark: from, nextWatermark: next, gaps: [] },
  });
};
