import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CandleColumns, candleFeatures, completeRows, featureNames } from './candle-features.ts';

const hour = 3_600_000;
const D = featureNames.length;

/** Candles from [close, high/low, volume], one an hour unless times are given. */
const candles = (
  closes: readonly number[],
  volumes: readonly number[],
  times?: readonly number[],
): CandleColumns => ({
  openTimeMs: Float64Array.from(closes, (_, t) => times?.[t] ?? t * hour),
  open: Float64Array.from(closes),
  high: Float64Array.from(closes, (c, t) => c * (1 + (t % 5) / 1000)),
  low: Float64Array.from(closes, (c, t) => c * (1 - (t % 3) / 1000)),
  close: Float64Array.from(closes),
  volume: Float64Array.from(volumes),
});

const wave = (n: number): CandleColumns =>
  candles(
    Array.from({ length: n }, (_, t) => 100 * Math.exp(0.01 * Math.sin(t * 1.7))),
    Array.from({ length: n }, (_, t) => 50 + 40 * Math.cos(t * 0.9)),
  );

const slice = (columns: CandleColumns, from: number, to: number): CandleColumns =>
  Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, values.slice(from, to)]),
  ) as unknown as CandleColumns;

const features = (columns: CandleColumns) => candleFeatures(columns, { timeframeMs: hour });

describe('candleFeatures', () => {
  it('follows its formulas', () => {
    const columns = wave(120);
    const { rows } = features(columns);
    const returns = Array.from(columns.close, (c, t) => Math.log(c / columns.close[t - 1]!));
    const volumes = Array.from(columns.volume.slice(119 - 95, 120), (v) => Math.log(1 + v));
    const mean = volumes.reduce((a, b) => a + b) / 96;
    const sd = Math.sqrt(volumes.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 96);
    const meanSquare = returns.slice(96, 120).reduce((sum, r) => sum + r * r, 0) / 24;
    const spread = Math.log(columns.high[119]! / columns.low[119]!);
    const [logret, rvol, range, volz] = rows.slice(119 * D);
    expect(logret).toBeCloseTo(returns[119]!, 14);
    expect(rvol).toBeCloseTo(Math.log(Math.sqrt(meanSquare) + 1e-4), 12);
    expect(range).toBeCloseTo(Math.log(Math.sqrt(spread ** 2 / (4 * Math.log(2))) + 1e-4), 12);
    expect(volz).toBeCloseTo((volumes[95]! - mean) / sd, 12);
  });

  it('has its first complete row after 96 candles', () => {
    const complete = completeRows(features(wave(120)));
    expect(complete.openTimeMs[0]).toBe(96 * hour);
    expect(complete.openTimeMs.length).toBe(24);
    expect(complete.sequenceStarts).toEqual([0]);
  });

  it('is causal: the features of a prefix are the prefix of the features, bit for bit', () => {
    const columns = wave(260);
    const all = features(columns).rows;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 260 }), (n) => {
        expect(features(slice(columns, 0, n)).rows).toEqual(all.slice(0, n * D));
      }),
    );
  });

  it('forgets: once warm, a row is the same bits from a short history as from a long one', () => {
    const columns = wave(400);
    const short = completeRows(features(slice(columns, 250, 400)));
    const long = completeRows(features(columns));
    expect(short.rows).toEqual(long.rows.slice(-short.rows.length));
    expect(short.openTimeMs.length).toBe(150 - 96);
  });

  it('starts anew after more than 3 missing candles, and not after 3', () => {
    const times = Array.from({ length: 250 }, (_, t) => (t < 100 ? t : t < 110 ? t + 3 : t + 7) * hour);
    const columns = { ...wave(250), openTimeMs: Float64Array.from(times) };
    const { rows, sequenceStarts } = features(columns);
    expect(sequenceStarts).toEqual([0, 110]);
    expect(rows[110 * D]).toBeNaN();
    expect(rows[100 * D]).toBeCloseTo(Math.log(columns.close[100]! / columns.close[99]!), 14);
    expect(completeRows(features(columns)).sequenceStarts).toEqual([0, 14]);
  });

  it('takes flat candles without volume: every number stays finite', () => {
    const flat = { ...candles(Array(150).fill(100), Array(150).fill(0)) };
    const still = { ...flat, high: flat.close, low: flat.close };
    const { rows } = completeRows(features(still));
    expect(Array.from(rows.slice(0, D))).toEqual([0, Math.log(1e-4), Math.log(1e-4), 0]);
    expect(rows.every(Number.isFinite)).toBe(true);
  });

  it('does not let one trade after days of silence explode', () => {
    const volumes = Array.from({ length: 150 }, (_, t) => (t === 149 ? 1e6 : 0));
    const { rows } = features(candles(Array(150).fill(100), volumes));
    expect(rows[149 * D + 3]).toBeLessThan(10);
  });

  it('refuses candles out of order', () => {
    const columns = wave(3);
    columns.openTimeMs[2] = columns.openTimeMs[1]!;
    expect(() => features(columns)).toThrow(/must ascend/);
  });

  it('takes no candles at all', () => {
    expect(completeRows(features(wave(0))).rows.length).toBe(0);
  });
});
