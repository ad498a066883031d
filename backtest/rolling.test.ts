import { describe, expect, it } from 'vitest';
import { randomModel, regimeRows } from '../hmm/hmm.fixture.ts';
import { createRandom } from '../numerics/random.ts';
import { foldsOf, intervalOf, rowsBetween, scoreLater } from './rolling.ts';

const D = 2;
const { rows } = regimeRows(1, [60, 40], D);
const features = {
  ...{ rows, sequenceStarts: [0, 60], names: ['a', 'b'] },
  openTimeMs: Float64Array.from({ length: 100 }, (_, t) => t),
};

describe('foldsOf', () => {
  it('scores every row after the first window exactly once', () => {
    const folds = foldsOf(100, { window: 30, step: 20 });
    const scored = folds.flatMap(({ cut, to }) => Array.from({ length: to - cut }, (_, i) => cut + i));
    expect(scored).toEqual(Array.from({ length: 70 }, (_, i) => 30 + i));
    expect(folds.every(({ from, cut }) => cut - from === 30)).toBe(true);
  });

  it('has none when there is nothing after the window', () => {
    expect(foldsOf(30, { window: 30, step: 20 })).toEqual([]);
    expect(foldsOf(10, { window: 30, step: 20 })).toEqual([]);
  });
});

describe('rowsBetween', () => {
  it('cuts sequences where the data does', () => {
    expect(rowsBetween(features, 50, 80).sequenceStarts).toEqual([0, 10]);
    expect(rowsBetween(features, 60, 80).sequenceStarts).toEqual([0]);
    expect(rowsBetween(features, 0, 60).sequenceStarts).toEqual([0]);
    expect(rowsBetween(features, 50, 80).rows).toEqual(rows.slice(50 * D, 80 * D));
  });
});

describe('scoreLater', () => {
  it('does not know what comes later, and carries the filter over the cut', () => {
    const model = randomModel(2, 'full', 3, D);
    const scaler = { mean: [0, 0], scale: [2, 3] };
    const long = scoreLater(model, scaler, features, { from: 0, cut: 20, to: 50 });
    const short = scoreLater(model, scaler, features, { from: 0, cut: 20, to: 30 });
    expect(short).toEqual(long.slice(0, 10));
    const whole = scoreLater(model, scaler, features, { from: 0, cut: 0, to: 50 });
    expect(long).toEqual(whole.slice(20));
  });

  it('is in the units of the features: the scaler changes nothing but the model', () => {
    const model = randomModel(2, 'diag', 2, D);
    const asIs = scoreLater(model, { mean: [0, 0], scale: [1, 1] }, features, { from: 0, cut: 5, to: 40 });
    const halved = {
      ...model,
      means: model.means.map((m) => m / 2),
      covariances: model.covariances.map((v) => v / 4),
    };
    const scaled = scoreLater(halved, { mean: [0, 0], scale: [2, 2] }, features, { from: 0, cut: 5, to: 40 });
    scaled.forEach((value, t) => expect(value).toBeCloseTo(asIs[t]!, 10));
  });
});

describe('intervalOf', () => {
  it('holds a difference of 0 in about 95 of 100 pairs of equals, and not a real one', () => {
    const random = createRandom(9);
    const draw = (shift: number) => Float64Array.from({ length: 400 }, () => random.normal() + shift);
    const holdsZero = Array.from({ length: 1000 }, () => intervalOf(draw(0), draw(0))).filter(
      ({ lower, upper }) => lower <= 0 && upper >= 0,
    );
    expect(holdsZero.length).toBeGreaterThanOrEqual(930);
    expect(holdsZero.length).toBeLessThanOrEqual(970);
    expect(intervalOf(draw(1), draw(0)).lower).toBeGreaterThan(0);
  });
});
