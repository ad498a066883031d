import type { Candle } from '../exchange/exchange.ts';
import { parseSeries, type Series, seriesKey, timeframesMs } from '../series.ts';
import type { CrashPoint } from './crash-points.ts';
import type { Gap } from './gaps.ts';
import { landCandles } from './landing.ts';
import type { Ledger } from './open.ts';
import type { NewVersion } from './versions.ts';

export const btc = parseSeries('binance:BTC/USDT:1h');
export const eth = parseSeries('binance:ETH/USDT:1h');
export const hourMs = timeframesMs['1h'];
/** 2024-01-01, a whole number of hours. */
export const genesisMs = 1_704_067_200_000;

/** Candle number `at` of a series; `copy` tells its copies apart by their close. */
export const candle = (at: number, copy = 0): Candle => [
  genesisMs + at * hourMs,
  '100',
  '200',
  '50',
  `${100 + copy}.${at}`,
  '7.5',
];

export const candles = (from: number, count: number, copy = 0): Candle[] =>
  Array.from({ length: count }, (_, index) => candle(from + index, copy));

export interface LandOptions {
  readonly series?: Series;
  readonly from: number;
  readonly count: number;
  readonly copy?: number;
  readonly fetchedAt?: number;
  readonly gaps?: readonly Gap[];
  readonly crash?: CrashPoint;
}

/** Lands `count` candles from candle number `from` on, as an ingest that stands at that watermark. */
export const land = (where: { ledger: Ledger; dataDir: string }, options: LandOptions) => {
  const { series = btc, from, count, copy = 0, fetchedAt = from, gaps = [], crash } = options;
  const expectedWatermark = genesisMs + from * hourMs;
  where.ledger.startWatermark(series, expectedWatermark);
  return landCandles({
    ...where,
    landing: 'incoming',
    series,
    candles: candles(from, count, copy),
    fetchedAt,
    expectedWatermark,
    nextWatermark: expectedWatermark + count * hourMs,
    gaps,
    ...(crash && { crash }),
  });
};

export const run1 = { workflowId: 'retrain:regimes', runId: 'run-1' };
export const run2 = { workflowId: 'retrain:regimes', runId: 'run-2' };
export const stranger = { workflowId: 'retrain:others', runId: 'run-3' };

export const versionNamed = (number: number, series: readonly Series[] = [btc]): NewVersion => {
  const versionId = `20240101T000000Z__hmm3__${number.toString(16).padStart(8, '0')}`;
  return {
    versionId,
    dir: `registry/${versionId}`,
    parentVersionId: null,
    metricName: 'val_log_likelihood',
    metricValue: 1.5,
    modelHash: `hash-${number}`,
    dataHash: 'data',
    nStates: 3,
    nObs: 100,
    tag: null,
    series: series.map(seriesKey),
    gate: { decision: 'pass' },
    createdAt: 1,
  };
};

/** Thrown by a crash point: what a SIGKILL would leave on disk is what is there now. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** A crash point that dies at the `nth` time (from 1) that `point` is passed. */
export const crashAt = (point: string, nth = 1): CrashPoint => {
  let passed = 0;
  return (at) => {
    if (at !== point) return;
    passed += 1;
    if (passed === nth) throw new Crash(point);
  };
};
