import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainSeriesModel } from '../activities/train-series-model.ts';
import type { CandleColumns } from '../features/candle-features.ts';

/** metadata.json claims a number; a program that shares no code with ours must find the same one in the candles. */
const peer = fileURLToPath(new URL('./peer/metric.py', import.meta.url));
const recorded = fileURLToPath(new URL('../../shared/data/candles/', import.meta.url));

const columnsOf = (file: string, count: number): CandleColumns => {
  const text = gunzipSync(readFileSync(file)).toString().trim();
  const rows = text
    .split('\n')
    .slice(1)
    .slice(-count)
    .map((line) => line.split(',').map(Number));
  const column = (at: number) => Float64Array.from(rows, (row) => row[at]!);
  return {
    openTimeMs: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  };
};

const symbols = ['BTC/USDT', 'ETH/USDT'] as const;
let folder: string;

const recompute = () =>
  JSON.parse(execFileSync('python3', [peer, folder, recorded], { encoding: 'utf8' })) as {
    difference: number;
    recomputed: number;
    series: Record<string, { candles: number }>;
  };

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'metric-'));
  const trained = symbols.map((symbol, i) => {
    const file = path.join(recorded, `binance_${symbol.replace('/', '')}_1h.csv.gz`);
    const gate = { alpha: 0.05, minDelta: 0, minCandles: 500, look: 1 };
    const columns = columnsOf(file, 2500 + 300 * i);
    const job = {
      columns,
      timeframeMs: 3_600_000,
      nStates: 3,
      covarianceType: i === 0 ? 'full' : 'diag',
      seed: 7,
      gate,
    } as const;
    return { key: `binance:${symbol}:1h`, ...trainSeriesModel(job, () => {}) };
  });
  const series = Object.fromEntries(trained.map(({ key, model }) => [key, model]));
  const candles = trained.map(({ model }) => model.judged.heldOut.candles);
  const total = trained.reduce((sum, { metricValue }, i) => sum + metricValue * candles[i]!, 0);
  const metadata = { metric_value: total / (candles[0]! + candles[1]!), trained_series: Object.keys(series) };
  writeFileSync(path.join(folder, 'model.json'), JSON.stringify({ series }));
  writeFileSync(path.join(folder, 'metadata.json'), JSON.stringify(metadata));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('the metric of a version', () => {
  it('is what Python finds in the candles, to 1e-9', () => {
    const { difference, series } = recompute();
    expect(difference).toBeLessThan(1e-9);
    expect(Object.keys(series)).toEqual(symbols.map((symbol) => `binance:${symbol}:1h`));
  });

  it('is refused when metadata claims another one', () => {
    const spoilt = mkdtempSync(path.join(tmpdir(), 'metric-spoilt-'));
    cpSync(folder, spoilt, { recursive: true });
    const metadata = JSON.parse(readFileSync(path.join(spoilt, 'metadata.json'), 'utf8'));
    writeFileSync(
      path.join(spoilt, 'metadata.json'),
      JSON.stringify({ ...metadata, metric_value: metadata.metric_value + 1e-8 }),
    );
    expect(() => execFileSync('python3', [peer, spoilt, recorded], { stdio: 'pipe' })).toThrow();
    rmSync(spoilt, { recursive: true });
  });
});
