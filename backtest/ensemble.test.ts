import { describe, expect, it } from 'vitest';
import { recordedHours } from './candles.fixture.ts';
import { type EnsembleOptions, ensembleReport } from './ensemble.ts';

const options: EnsembleOptions = {
  timeframeMs: 3_600_000,
  stateCounts: [2, 3],
  forgettings: [1, 0.95],
  window: 1000,
  step: 500,
  fit: { covarianceType: 'diag', seed: 1, restarts: 1, maxIterations: 20, tolerance: 1e-4 },
};

describe('ensembleReport', () => {
  const report = ensembleReport(recordedHours('BTCUSDT', 2596), options);

  it('scores what comes after the first fold, under every state count', () => {
    expect(report).toMatchObject({ candles: 1000, fits: 6 });
    expect(report.fixed.map(({ nStates }) => nStates)).toEqual([2, 3]);
    expect(report.chosen.nStates).toHaveLength(2);
  });

  it('compares the ensemble with the best fixed count, and never does worse than the worst', () => {
    const [plain] = report.ensembles;
    const best = Math.max(...report.fixed.map(({ mean }) => mean));
    expect(plain!.mean).toBeGreaterThanOrEqual(Math.min(...report.fixed.map(({ mean }) => mean)));
    expect(plain!.againstBestFixed.difference).toBeCloseTo(plain!.mean - best, 12);
  });

  it('has weights that sum to 1 and intervals around their difference', () => {
    for (const { weights, againstChosen } of report.ensembles) {
      expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
      expect(againstChosen.lower).toBeLessThanOrEqual(againstChosen.difference);
      expect(againstChosen.upper).toBeGreaterThanOrEqual(againstChosen.difference);
    }
  });

  it('says how much is needed when there is too little', () => {
    expect(() => ensembleReport(recordedHours('BTCUSDT', 1000), options)).toThrow(/904 complete rows/);
  });
});
