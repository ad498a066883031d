import { describe, expect, it } from 'vitest';
import { candleFeatures } from './candle-features.ts';
import { partialFeatures } from './partial-features.ts';

describe('partialFeatures', () => {
  it('computes volatility from 24 returns on, as candles would give it', () => {
    const logret = Array.from({ length: 30 }, (_, t) => Math.sin(t) / 100);
    const { rows, used, marginalised } = partialFeatures({ logret });
    expect(used).toEqual(['logret', 'rvol']);
    expect(marginalised).toEqual(['range', 'volz']);
    expect(rows[22 * 4 + 1]).toBeNaN();
    const close = Float64Array.from({ length: 31 }, (_, t) =>
      Math.exp(logret.slice(0, t).reduce((a, b) => a + b, 0)),
    );
    const openTimeMs = Float64Array.from(close, (_, t) => t * 60_000);
    const columns = { openTimeMs, open: close, high: close, low: close, close, volume: close };
    const fromCandles = candleFeatures(columns, { timeframeMs: 60_000 }).rows;
    expect(rows[29 * 4 + 1]).toBeCloseTo(fromCandles[30 * 4 + 1]!, 12);
  });

  it('has only the return of a few returns', () => {
    expect(partialFeatures({ logret: [0.01] })).toMatchObject({
      used: ['logret'],
      marginalised: ['rvol', 'range', 'volz'],
    });
  });

  it('takes features by name and says which are none', () => {
    const { rows, used, ignored } = partialFeatures({ features: { volz: 1.5, rsi: 30, logret: -0.01 } });
    expect(Array.from(rows)).toEqual([-0.01, Number.NaN, Number.NaN, 1.5]);
    expect(used).toEqual(['logret', 'volz']);
    expect(ignored).toEqual(['rsi']);
  });

  it('never takes what an object inherits for a feature', () => {
    expect(partialFeatures({ features: JSON.parse('{"__proto__": {"volz": 1}, "logret": 0}') }).used).toEqual(
      ['logret'],
    );
  });

  it.each([
    { logret: [] },
    { logret: [0.1, Number.NaN] },
    { logret: [Infinity] },
    { features: { volz: Number.NaN } },
    { features: { rvol: '1' as unknown as number } },
  ])('refuses %j', (input) => expect(() => partialFeatures(input)).toThrow(RangeError));
});
