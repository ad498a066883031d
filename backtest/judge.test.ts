import { describe, expect, it } from 'vitest';
import { candleFeatures, completeRows } from '../features/candle-features.ts';
import { createRandom } from '../numerics/random.ts';
import { calibrationOf } from './calibration.ts';
import { recordedHours } from './candles.fixture.ts';
import { judgeFolds } from './judge.ts';
import { nullTest, shuffleBlocks } from './null-test.ts';
import { regimeQuality } from './regime-quality.ts';
import { rowsBetween } from './rolling.ts';
import { selectModel, walkForward } from './select.ts';
import { quickFit, specifications } from './specification.ts';

const timeframeMs = 3_600_000;
const budget = { ...quickFit, restarts: 1, seed: 1 };
const features = completeRows(candleFeatures(recordedHours('BTCUSDT', 3096), { timeframeMs }));
const specification = { nStates: 2, covarianceType: 'full', emission: 'gaussian' } as const;

describe('walkForward', () => {
  it('scores each later row once, on windows that end before it', () => {
    const folds = walkForward(1001, { count: 3, mostRows: 400 });
    expect(folds.map(({ cut }) => cut)).toEqual([500, 667, 834]);
    expect(folds.map(({ to }) => to)).toEqual([667, 834, 1001]);
    expect(folds.every(({ from, cut }) => cut - from === 400)).toBe(true);
    expect(walkForward(3, { count: 3, mostRows: 400 })).toEqual([]);
  });
});

describe('selectModel', () => {
  const candidates = specifications([1, 2, 3], ['diag', 'full'], ['gaussian']);
  const folds = walkForward(3000, { count: 2, mostRows: 1500 });
  const selection = selectModel(features, { candidates, folds, budget });

  it('prefers the fewest parameters within one standard error of the best', () => {
    const chosen = selection.candidates.filter(({ shortfall, standardError }) => shortfall <= standardError);
    expect(Math.min(...chosen.map(({ parameters }) => parameters))).toBe(
      chosen.find((one) => one.nStates === selection.chosen.nStates)!.parameters,
    );
    expect(selection).toMatchObject({ candles: 1500, folds: 2 });
    expect(selection.chosen.nStates).toBeGreaterThan(1);
  });

  it('is the same for the same seed', () => {
    const few = candidates.slice(0, 2);
    const run = () => selectModel(features, { candidates: few, folds, budget });
    expect(run()).toEqual(run());
  });

  it('refuses to select from nothing', () =>
    expect(() => selectModel(features, { candidates: [], folds, budget })).toThrow(RangeError));
});

describe('judgeFolds', () => {
  const years = completeRows(candleFeatures(recordedHours('BTCUSDT', 16_096), { timeframeMs }));
  const folds = walkForward(16_000, { count: 2, mostRows: 8000 });
  const { judgement, last } = judgeFolds(years, folds.slice(1), specification, budget, folds[0]);

  it('compares all rivals on the same candles, and finds regimes in real hours', () => {
    expect(Object.keys(judgement.rivals)).toEqual(['oneState', 'iidMixture', 'ewma', 'garch', 'previous']);
    expect(judgement.candles).toBe(4000);
    expect(judgement.rivals.garch!.joint).toBeNull();
    expect(judgement.regimeEvidence).toEqual({ joint: true, returns: true });
    for (const rival of Object.values(judgement.rivals))
      expect(rival.margin + rival.gain.margin.mean).toBeCloseTo(judgement.model.margin, 10);
  });

  it('measures the regimes themselves', () => {
    const quality = regimeQuality(last.model, last.scaler, rowsBetween(features, 1500, 3000));
    for (const list of Object.values(quality.occupancy)) expect(list[0]! + list[1]!).toBeCloseTo(1, 10);
    expect(quality.lookAhead.meanDistance).toBeGreaterThan(0);
    expect(quality.lookAhead.meanDistance).toBeLessThan(0.5);
    expect(quality.separation.hellinger).toBeGreaterThan(0.1);
  });
});

describe('calibrationOf', () => {
  it('is near perfect for uniform values and far for others', () => {
    const random = createRandom(1);
    const uniform = Float64Array.from({ length: 4000 }, () => random.uniform());
    expect(calibrationOf(uniform).ksDistance).toBeLessThan(0.025);
    expect(calibrationOf(uniform.map((u) => u * u)).ksDistance).toBeCloseTo(0.25, 1);
    expect(calibrationOf(uniform).histogram.reduce((a, b) => a + b)).toBeCloseTo(1, 10);
  });
});

describe('nullTest', () => {
  it('keeps every row when it shuffles', () => {
    const shuffled = shuffleBlocks(features, 7, 3);
    expect(shuffled.rows).not.toEqual(features.rows);
    expect(shuffled.rows.slice().sort()).toEqual(features.rows.slice().sort());
  });

  it('finds no regimes in returns that have none', () => {
    const results = nullTest(features, {
      ...{ timeframeMs, specification, budget, seeds: 3, rows: 2000, blockLengths: [1] },
    });
    expect(results.map(({ kind }) => kind)).toEqual(['shuffled', 'single-regime']);
    for (const { returns } of results) expect(returns).toBe(0);
    expect(results[0]!.joint).toBe(0);
  });
});
