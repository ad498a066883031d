import { describe, expect, it } from 'vitest';
import { recordedHours } from './candles.fixture.ts';
import { driftingCandles } from './drifting.fixture.ts';
import { prequentialReport } from './prequential.ts';

const options = {
  timeframeMs: 3_600_000,
  genesis: 1000,
  fit: { nStates: 4, covarianceType: 'full', seed: 42 },
  rolling: { window: 1500, step: 500, restarts: 2, tolerance: 1e-4 },
} as const;

describe('strict online training against a refit that rereads everything', () => {
  it.each([
    ['recorded hours of BTC', () => recordedHours('BTCUSDT', 5000)],
    ['candles whose regimes drift', () => driftingCandles(5000, 1)],
  ])('is at most 0.005 nats a candle behind, and both beat one Gaussian and EWMA: %s', (_, candles) => {
    const report = prequentialReport(candles(), options);
    expect(report.candles).toBeGreaterThan(3000);
    expect(report.online).toBeGreaterThan(report.rolling - 0.005);
    for (const score of [report.online, report.rolling])
      expect(score).toBeGreaterThan(Math.max(report.oneState, report.ewma));
  });

  it('says how many rows it needs', () => {
    expect(() => prequentialReport(recordedHours('BTCUSDT', 800), options)).toThrow(
      /more than 1500 are needed/,
    );
  });
});
