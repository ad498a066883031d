import { describe, expect, it } from 'vitest';
import { recordedHours } from './candles.fixture.ts';
import { type ScopeOptions, scopeReport } from './scope.ts';

const options: ScopeOptions = {
  timeframeMs: 3_600_000,
  window: 600,
  step: 300,
  fit: { nStates: 2, covarianceType: 'diag', seed: 1, restarts: 1, maxIterations: 20, tolerance: 1e-4 },
};
const candles = { BTC: recordedHours('BTCUSDT', 1296), ETH: recordedHours('ETHUSDT', 1296) };

describe('scopeReport', () => {
  it('scores the same candles of every series under both scopes', () => {
    const report = scopeReport(candles, options);
    expect(Object.keys(report.series)).toEqual(['BTC', 'ETH']);
    expect(report).toMatchObject({ window: 600, fits: 6, together: { candles: 600 } });
    for (const { perSeries, pooled, pooledMinusPerSeries } of Object.values(report.series)) {
      expect(pooledMinusPerSeries.candles).toBe(600);
      expect(pooled - perSeries).toBeCloseTo(pooledMinusPerSeries.difference, 10);
    }
    const mean =
      (report.series['BTC']!.pooledMinusPerSeries.difference +
        report.series['ETH']!.pooledMinusPerSeries.difference) /
      2;
    expect(report.together.difference).toBeCloseTo(mean, 10);
  });

  it('finds no difference where there is one series', () => {
    const report = scopeReport({ BTC: candles.BTC }, options);
    expect(report.series['BTC']!.pooledMinusPerSeries).toMatchObject({ difference: 0, lower: 0, upper: 0 });
    expect(report.better).toBe('undecided');
  });

  it('says that pooling is better where histories are short: it fits on as many times the candles', () => {
    const hours = 3096;
    const alike = { BTC: recordedHours('BTCUSDT', hours), ETH: recordedHours('ETHUSDT', hours) };
    const fit = { ...options.fit, nStates: 4, covarianceType: 'full', maxIterations: 50 } as const;
    expect(scopeReport(alike, { ...options, window: 400, step: 700, fit }).better).toBe('pooled');
  });

  it('leaves out what one of them lacks, and says when nothing remains', () => {
    const { BTC } = candles;
    const ETH = recordedHours('ETHUSDT', 1296 + 300, 300);
    expect(scopeReport({ BTC, ETH }, options).together.candles).toBe(300);
    expect(() => scopeReport({ BTC, ETH: recordedHours('ETHUSDT', 3000, 1500) }, options)).toThrow(
      /0 complete rows/,
    );
  });
});
