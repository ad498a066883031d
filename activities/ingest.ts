import path from 'node:path';
import { Context } from '@temporalio/activity';
import type { Candle } from '../exchange/exchange.ts';
import type { Gap } from '../ledger/gaps.ts';
import { landCandles } from '../ledger/landing.ts';
import { parseSeries, type Series, seriesKey, timeframesMs } from '../series.ts';
import type { PageResult } from '../workflows/types.ts';
import type { LookAgainDeps } from './look-again.ts';

export interface IngestDeps extends LookAgainDeps {
  readonly batchLimit: number;
  /** A new series begins at the exchange's first candle at or after this, epoch ms. */
  readonly startMs: () => Promise<number>;
  /** No candle that opens after this is asked for, epoch ms. */
  readonly endMs?: number | undefined;
  /** Pause after each page, out of courtesy to the exchange. */
  readonly sleepMs: number;
}

export const createIngestActivities = (deps: IngestDeps) => ({
  /** Stores the next page of closed candles. A retry resumes at the watermark, so no candle is stored twice. */
  async ingestPage({ series: key }: { series: string }): Promise<PageResult> {
    const series = parseSeries(key);
    const watermark = deps.ledger.watermark(series) ?? (await firstWatermark(deps, series));
    const { candles, caughtUp } = await deps.exchange.fetchCandles({
      series,
      sinceMs: watermark,
      limit: deps.batchLimit,
      signal: Context.current().cancellationSignal,
      ...(deps.endMs === undefined ? {} : { untilMs: deps.endMs }),
    });
    if (candles.length === 0) return { downloaded: 0, watermark, gaps: 0, caughtUp: true };
    const page = store(deps, series, watermark, candles);
    if (deps.sleepMs > 0 && !caughtUp) await Context.current().sleep(deps.sleepMs);
    return { ...page, downloaded: candles.length, caughtUp };
  },
});

/** Candles before the listing are not a gap: the series begins where the exchange's history does. */
const firstWatermark = async (deps: IngestDeps, series: Series): Promise<number> => {
  const from = ceilTo(await deps.startMs(), timeframesMs[series.timeframe]);
  const first = await deps.exchange.firstCandleTimeMs({ series, sinceMs: from });
  return deps.ledger.startWatermark(series, first ?? from);
};

const ceilTo = (timeMs: number, stepMs: number): number => Math.ceil(timeMs / stepMs) * stepMs;

const store = (deps: IngestDeps, series: Series, watermark: number, candles: readonly Candle[]) => {
  const stepMs = timeframesMs[series.timeframe];
  const gaps = gapsIn(watermark, candles, stepMs).map((gap) => ({ series: seriesKey(series), ...gap }));
  const landed = landCandles({
    ledger: deps.ledger,
    dataDir: deps.dataDir,
    landing: path.relative(deps.dataDir, deps.landingDir),
    series,
    candles,
    fetchedAt: Date.now(),
    expectedWatermark: watermark,
    nextWatermark: openTimeOf(candles.at(-1)) + stepMs,
    gaps,
    ...(deps.crash ? { crash: deps.crash } : {}),
  });
  return { watermark: landed.watermark, gaps: gaps.length };
};

const openTimeOf = (candle: Candle | undefined): number => {
  if (!candle) throw new Error('an empty page has no open time');
  return candle[0];
};

/** Spans of candles that the exchange did not give between the watermark and the last candle of the page. */
const gapsIn = (watermark: number, candles: readonly Candle[], stepMs: number): Omit<Gap, 'series'>[] => {
  const gaps: Omit<Gap, 'series'>[] = [];
  let expected = watermark;
  for (const [openTimeMs] of candles) {
    if (openTimeMs > expected) {
      gaps.push({ fromMs: expected, toMs: openTimeMs - stepMs, missing: (openTimeMs - expected) / stepMs });
    }
    expected = openTimeMs + stepMs;
  }
  return gaps;
};
