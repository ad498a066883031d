import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../numerics/random.ts';
import { fit } from '../fit.ts';
import { type Hmm, permuteStates } from '../model.ts';
import type { Observations } from '../observations.ts';
import { fitScaler, scaleRows } from '../scaler.ts';
import { matchStates } from './match.ts';
import { firstLabels } from './state-labels.ts';

const unit = { mean: [0, 0], scale: [1, 1] };
const before = { ...firstLabels(4), ids: [7, 3, 9, 5], nextId: 10 };

/** States at these centres, each with unit variance; the centres' order is the states' order. */
const modelAt = (centres: readonly (readonly [number, number])[], variance = 1): Hmm => {
  const K = centres.length;
  const stay = (i: number): number => (i % (K + 1) === 0 ? 0.9 : 0.1 / (K - 1));
  return {
    ...{ covarianceType: 'diag', nStates: K, nFeatures: 2, start: new Float64Array(K).fill(1 / K) },
    transition: Float64Array.from({ length: K * K }, (_, i) => (K === 1 ? 1 : stay(i))),
    means: Float64Array.from(centres.flat()),
    covariances: new Float64Array(2 * K).fill(variance),
  };
};

/** Stays of 25 rows at each centre in turn. */
const rowsAt = (centres: readonly (readonly [number, number])[], length = 2000): Observations => {
  const random = createRandom(11);
  const rows = Float64Array.from({ length: 2 * length }, (_, i) => {
    const centre = centres[Math.floor(i / 50) % centres.length]!;
    return centre[i % 2]! + random.normal();
  });
  return { rows, nFeatures: 2, sequenceStarts: [0] };
};

const four = [
  [0, 0],
  [6, 0],
  [0, 6],
  [6, 6],
] as const;
const window = rowsAt(four);
const champion = { hmm: modelAt(four), scaler: unit, labels: before };
const match = (next: Hmm, rows = window) => matchStates(champion, { hmm: next, scaler: unit }, rows);

describe('matchStates', () => {
  it('keeps every id of the same model, and follows swapped states', () => {
    expect(match(modelAt(four))).toMatchObject({
      ...{ ids: [7, 3, 9, 5], from: [0, 1, 2, 3], nextId: 10 },
      fresh: [false, false, false, false],
    });
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (order) => {
        const { ids, nextId } = match(permuteStates(champion.hmm, order));
        expect(ids).toEqual(order.map((k) => before.ids[k]));
        expect(nextId).toBe(10);
      }),
    );
  });

  it('does not mind other units inside the models', () => {
    const scaler = { mean: [3, -5], scale: [2, 0.5] };
    const moved = four.map(([a, b]) => [(a - 3) / 2, (b + 5) / 0.5] as const);
    const hmm = modelAt(moved);
    hmm.covariances.forEach((_, i) => {
      hmm.covariances[i] = i % 2 === 0 ? 1 / 4 : 1 / 0.25;
    });
    const { ids, distance } = matchStates(champion, { hmm, scaler }, window);
    expect(ids).toEqual(before.ids);
    expect(Math.max(...distance)).toBeLessThan(1e-6);
  });

  it('gives four of five states their ids and the fifth a fresh one', () => {
    const five = [...four.slice(0, 2), [20, 20] as const, ...four.slice(2)];
    const { ids, fresh, nextId } = match(modelAt(five), rowsAt(five));
    expect(ids).toEqual([7, 3, 10, 9, 5]);
    expect(fresh).toEqual([false, false, true, false, false]);
    expect(nextId).toBe(11);
  });

  it('lets an id go with its state and never gives it again', () => {
    const gone = match(modelAt(four.slice(0, 3)), rowsAt(four.slice(0, 3)));
    expect(gone.ids).toEqual([7, 3, 9]);
    const three = { hmm: modelAt(four.slice(0, 3)), scaler: unit, labels: gone };
    const back = matchStates(three, { hmm: modelAt(four), scaler: unit }, window);
    expect(back.ids).toEqual([7, 3, 9, 10]);
    const later = matchStates(
      { hmm: modelAt(four.slice(0, 3)), scaler: unit, labels: { ids: [7, 3, 9], nextId: back.nextId } },
      { hmm: modelAt(four), scaler: unit },
      window,
    );
    expect(later.ids).toEqual([7, 3, 9, 11]);
  });

  it('gives a merged state the id of at most one of its parts', () => {
    const wide = modelAt([
      [0, 0],
      [6, 0],
      [3, 6],
    ]);
    wide.covariances.set([10, 1], 4);
    const { ids, fresh } = match(wide);
    expect(ids.slice(0, 2)).toEqual([7, 3]);
    expect([9, 5, 10]).toContain(ids[2]);
    expect(fresh[2]).toBe(ids[2] === 10);
  });

  it('splits a state into the part that keeps the id, the larger one, and a fresh one', () => {
    const apart = [
      [0, 0],
      [6, 0],
      [-0.3, 6],
      [2.5, 6],
      [6, 6],
    ] as const;
    const { ids, fresh } = match(modelAt(apart));
    expect(ids).toEqual([7, 3, 9, 10, 5]);
    expect(fresh).toEqual([false, false, false, true, false]);
  });

  it('is not led astray by a hopeless pair', () => {
    const far = [
      [0.5, 0],
      [100, 100],
    ] as const;
    const two = { hmm: modelAt(four.slice(0, 2)), scaler: unit, labels: firstLabels(2) };
    const { ids } = matchStates(two, { hmm: modelAt(far), scaler: unit }, window);
    expect(ids).toEqual([0, 2]);
  });

  it('compares emissions alone where neither state occurs in the window', () => {
    const { ids, distance } = match(modelAt(four), rowsAt(four.slice(0, 1)));
    expect(ids).toEqual(before.ids);
    expect(Math.max(...distance)).toBeLessThan(1e-6);
  });

  it('follows fits of overlapping windows of the same rows with other seeds', () => {
    const fitted = (from: number, seed: number) => {
      const raw = { ...window, rows: window.rows.subarray(2 * from, 2 * (from + 1500)) };
      const scaler = fitScaler(raw);
      const data = { ...raw, rows: scaleRows(scaler, raw.rows) };
      return { hmm: fit(data, { nStates: 4, covarianceType: 'full', seed }).model, scaler };
    };
    const first = { ...fitted(0, 1), labels: firstLabels(4) };
    for (const seed of [2, 3, 4]) {
      const { fresh, ids } = matchStates(first, fitted(400, seed), window);
      expect(fresh).toEqual([false, false, false, false]);
      expect([...ids].sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    }
  });
});
