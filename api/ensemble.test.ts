import { describe, expect, it } from 'vitest';
import { randomModel, regimeRows } from '../hmm/hmm.fixture.ts';
import { toParameters } from '../hmm/model.ts';
import type { SeriesModel } from '../registry/model-file.ts';
import { evaluateEnsemble } from './ensemble.ts';
import { evaluate } from './regimes.ts';

const D = 2;
const member = (seed: number, regimes: readonly string[], weight: number) => ({
  ...{ hmm: toParameters(randomModel(seed, 'full', regimes.length, D)), regimes, weight },
});
const ensemble = {
  forgetting: 0.9,
  members: [member(1, ['BEAR', 'BULL'], 0.3), member(2, ['BEAR', 'CHOP_1', 'CHOP_2', 'BULL'], 0.7)],
};
const data = regimeRows(1, [50], D);
const total = (probabilities: Readonly<Record<string, number>>) =>
  Object.values(probabilities).reduce((a, b) => a + b, 0);

describe('evaluateEnsemble', () => {
  it('answers with distributions over the regimes that the members share', () => {
    const { probabilities, forecast } = evaluateEnsemble(ensemble, data);
    expect(Object.keys(probabilities).sort()).toEqual(['BEAR', 'BULL', 'CHOP']);
    expect(total(probabilities)).toBeCloseTo(1, 12);
    expect(total(forecast)).toBeCloseTo(1, 12);
  });

  it('starts from the weights of the training: they matter for one row and hardly for fifty', () => {
    const [small, large] = ensemble.members;
    const turned = {
      ...ensemble,
      members: [
        { ...small!, weight: 0.999 },
        { ...large!, weight: 0.001 },
      ],
    };
    const apart = (rows: number) => {
      const part = { ...data, rows: data.rows.subarray(0, rows * D) };
      const [one, other] = [ensemble, turned].map((given) => evaluateEnsemble(given, part).probabilities);
      return Math.abs(one!['BULL']! - other!['BULL']!);
    };
    expect(apart(1)).toBeGreaterThan(0.01);
    expect(apart(50)).toBeLessThan(0.01);
  });
});

describe('evaluate', () => {
  const [first] = ensemble.members;
  const model: SeriesModel = {
    ...{ hmm: first!.hmm, regimes: first!.regimes, scaler: { mean: [1, 2], scale: [2, 3] } },
    trainedRange: { fromMs: 0, toMs: 1 },
  };
  const known = {
    ...{ rows: data.rows, sequenceStarts: [0], used: ['a', 'b'], marginalised: [], ignored: [] },
  };

  it('serves the ensemble where the version has one', () => {
    const served = evaluate({ ...model, ensemble }, known);
    expect(Object.keys(served.probabilities).sort()).toEqual(['BEAR', 'BULL', 'CHOP']);
    expect(served.probabilities[served.regime]).toBe(Math.max(...Object.values(served.probabilities)));
    expect(served.probabilities).not.toEqual(evaluate(model, known).probabilities);
  });

  it('is the model itself when it is the only member', () => {
    const only = { forgetting: 0.9, members: [{ ...first!, weight: 1 }] };
    const served = evaluate({ ...model, ensemble: only }, known);
    const alone = evaluate(model, known);
    for (const regime of ['BEAR', 'BULL']) {
      expect(served.probabilities[regime]).toBeCloseTo(alone.probabilities[regime]!, 12);
      expect(served.forecast[regime]).toBeCloseTo(alone.forecast[regime]!, 12);
    }
  });
});
