import { describe, expect, it } from 'vitest';
import { randomModel, regimeRows } from '../hmm.fixture.ts';
import { createEnsembleStep, startEnsemble } from './ensemble.ts';
import { filterEnsemble } from './filter-ensemble.ts';

const D = 2;
const models = [randomModel(1, 'full', 2, D), randomModel(2, 'diag', 3, D)];
const members = models.map((model) => ({ model, names: Array<string>(model.nStates).fill('CHOP') }));
const data = regimeRows(3, [80], D);

describe('filterEnsemble', () => {
  it('is the ensemble bar by bar', () => {
    const whole = filterEnsemble(models, data, { forgetting: 0.9 });
    const step = createEnsembleStep(members, { forgetting: 0.9 });
    let state = startEnsemble(members);
    whole.logLikelihood.forEach((value, t) => {
      const bar = step(state, data.rows.subarray(t * D, (t + 1) * D));
      expect(bar.logLikelihood).toBeCloseTo(value, 10);
      state = bar.state;
    });
    state.logWeights.forEach((value, m) => expect(Math.exp(value)).toBeCloseTo(whole.weights[m]!, 10));
    state.filters.forEach((filter, m) =>
      filter!.forEach((p, k) => expect(p).toBeCloseTo(whole.filtered[m]![k]!, 10)),
    );
  });

  it('goes on from given weights, which fade', () => {
    const from = (weights: readonly number[]) => filterEnsemble(models, data, { forgetting: 0.9, weights });
    const [one, other] = [from([0.999, 0.001]), from([0.001, 0.999])];
    expect(one.logLikelihood[0]).not.toBeCloseTo(other.logLikelihood[0]!, 3);
    expect(one.weights[0]).toBeCloseTo(other.weights[0]!, 2);
  });
});
