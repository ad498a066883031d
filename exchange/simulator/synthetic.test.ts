import { describe, expect, test } from 'vitest';
import { type Timeframe, timeframesMs } from '../../series.ts';
import { candleProblem } from '../candle-rows.ts';
import { canonicalDecimal } from '../decimal.ts';
import type { Candle } from '../exchange.ts';
import { aggregate } from './aggregate.ts';
import type { CandleSource } from './source.ts';
import { syntheticSource } from './synthetic.ts';

const minute = 60_000;
const anchorMs = Date.UTC(2024, 0, 15, 7, 23, 11);
const source = syntheticSource({ seed: 42, anchorMs });

const read = (
  from: CandleSource,
  symbol: string,
  fromMs: number,
  limit: number,
  timeframe: Timeframe = '1m',
) =>
  from.candles({
    symbol,
    timeframe,
    fromMs,
    toMs: Number.MAX_SAFE_INTEGER - timeframesMs['1d'],
    limit,
    keep: 'first',
  });
const history = (from: CandleSource, symbol = 'BTCUSDT') => read(from, symbol, 0, 20_160);
const prices = (candles: readonly Candle[]) => candles.map((candle) => candle.slice(1));
const returns = (candles: readonly Candle[]) =>
  candles.map(([, open, , , close]) => Math.log(Number(close) / Number(open)));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const correlation = (a: readonly number[], b: readonly number[]) => {
  const [ma, mb] = [mean(a), mean(b)];
  const product = (x: readonly number[], mx: number, y: readonly number[], my: number) =>
    mean(x.map((v, i) => (v - mx) * ((y[i] ?? 0) - my)));
  return product(a, ma, b, mb) / Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb));
};

test('20,160 whole minutes of each symbol lie before the anchor, one after the other', () => {
  for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
    const candles = history(source, symbol);
    expect(candles.map(([openTimeMs]) => openTimeMs)).toEqual(
      candles.map((_, i) => source.firstMs + i * minute),
    );
    expect((candles.at(-1)?.[0] ?? 0) + minute).toBe(source.startMs);
    expect(source.startMs).toBe(Date.UTC(2024, 0, 15, 7, 23));
  }
});

test('every candle obeys the laws of candles, is canonical, and opens where the last one closed', () => {
  const candles = history(source);
  expect(candles.filter((candle) => candleProblem(candle, minute) !== undefined)).toEqual([]);
  expect(
    candles.filter((candle) => candle.slice(1).some((cell) => canonicalDecimal(String(cell)) !== cell)),
  ).toEqual([]);
  expect(candles.slice(1).filter((candle, i) => candle[1] !== candles[i]?.[4])).toEqual([]);
});

describe('the same candles', () => {
  test('whichever page is read first', () => {
    const other = syntheticSource({ seed: 42, anchorMs });
    const late = read(other, 'BTCUSDT', source.firstMs + 15_000 * minute, 100);
    expect(late).toEqual(history(source).slice(15_000, 15_100));
    expect(history(other)).toEqual(history(source));
  });

  test('in another order of symbols, and shifted under another anchor', () => {
    const other = syntheticSource({
      seed: 42,
      anchorMs: anchorMs + 90 * minute,
      symbols: ['SOLUSDT', 'BTCUSDT'],
    });
    expect(prices(history(other))).toEqual(prices(history(source)));
  });

  test('but others under another seed and for another symbol', () => {
    const other = syntheticSource({ seed: 43, anchorMs });
    expect(Math.abs(correlation(returns(history(other)), returns(history(source))))).toBeLessThan(0.05);
    expect(Math.abs(correlation(returns(history(source, 'ETHUSDT')), returns(history(source))))).toBeLessThan(
      0.05,
    );
  });
});

test('longer timeframes are made of the minutes, from either end', () => {
  const minutes = history(source).filter(
    ([openTimeMs]) => openTimeMs < source.startMs - (source.startMs % 3_600_000),
  );
  const hours = aggregate(minutes, 3_600_000);
  expect(read(source, 'BTCUSDT', 0, hours.length, '1h')).toEqual(hours);
  expect(
    source.candles({
      symbol: 'BTCUSDT',
      timeframe: '1h',
      fromMs: 0,
      toMs: hours.at(-1)?.[0] ?? 0,
      limit: 5,
      keep: 'last',
    }),
  ).toEqual(hours.slice(-5));
});

describe('it looks like a market', () => {
  const candles = history(source);
  const moves = returns(candles);
  const sizes = moves.map(Math.abs);

  test('fat tails: the kurtosis is far from 3', () => {
    const variance = mean(moves.map((move) => move ** 2));
    expect(mean(moves.map((move) => move ** 4)) / variance ** 2).toBeGreaterThan(6);
  });

  test('volatility clusters, minutes later and an hour later, while returns forget', () => {
    expect(correlation(sizes.slice(1), sizes.slice(0, -1))).toBeGreaterThan(0.15);
    expect(correlation(sizes.slice(60), sizes.slice(0, -60))).toBeGreaterThan(0.08);
    expect(Math.abs(correlation(moves.slice(1), moves.slice(0, -1)))).toBeLessThan(0.05);
  });

  test('regimes: calm and wild spells of hours differ by more than twice', () => {
    const spells = Array.from({ length: 84 }, (_, i) => mean(sizes.slice(i * 240, (i + 1) * 240))).sort(
      (a, b) => a - b,
    );
    expect((spells[75] ?? 0) / (spells[8] ?? 1)).toBeGreaterThan(2);
  });

  test('volume goes along with moves, and the price stays in reach', () => {
    expect(
      correlation(
        sizes,
        candles.map(([, , , , , volume]) => Number(volume)),
      ),
    ).toBeGreaterThan(0.2);
    const year = read(source, 'BTCUSDT', source.firstMs, 366 * 24, '1h').map(([, , , , close]) =>
      Number(close),
    );
    expect(Math.min(...year)).toBeGreaterThan(6400);
    expect(Math.max(...year)).toBeLessThan(640_000);
  });
});
