import { describe, expect, it } from 'vitest';
import { filterObservations } from '../filter.ts';
import { fit } from '../fit.ts';
import { randomModel, regimeRows } from '../hmm.fixture.ts';
import { poolRows } from './pool-rows.ts';

const parts = [regimeRows(1, [50, 30], 2), regimeRows(2, [40], 2), regimeRows(3, [20, 20, 20], 2)];

describe('poolRows', () => {
  it('keeps every sequence of every part, and joins none', () => {
    const pooled = poolRows(parts);
    expect(pooled.sequenceStarts).toEqual([0, 50, 80, 120, 140, 160]);
    expect(pooled.rows.length).toBe(2 * 180);
  });

  it('is filtered as its parts are', () => {
    const model = randomModel(4, 'full', 3, 2);
    const alone = parts.flatMap((part) => Array.from(filterObservations(model, part).logLikelihood));
    expect(Array.from(filterObservations(model, poolRows(parts)).logLikelihood)).toEqual(alone);
  });

  it('is one series when there is one', () => {
    const options = { nStates: 2, covarianceType: 'diag', seed: 1, restarts: 2 } as const;
    expect(fit(poolRows([parts[0]!]), options)).toEqual(fit(parts[0]!, options));
  });

  it('refuses nothing, and rows of other features', () => {
    expect(() => poolRows([])).toThrow(expect.objectContaining({ code: 'InvalidData' }));
    expect(() => poolRows([parts[0]!, regimeRows(1, [5], 3)])).toThrow(/3 features pooled with 2/);
  });
});
