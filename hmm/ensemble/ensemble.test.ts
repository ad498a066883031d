import { describe, expect, it } from 'vitest';
import { filterObservations } from '../filter.ts';
import { randomModel, regimeRows } from '../hmm.fixture.ts';
import { averageBars } from './averaging.ts';
import {
  createEnsembleStep,
  type EnsembleMember,
  type EnsembleState,
  startEnsemble,
  startSequence,
} from './ensemble.ts';

const D = 3;
const member = (seed: number, names: readonly string[]): EnsembleMember => ({
  model: randomModel(seed, 'full', names.length, D),
  names,
});
const members = [
  member(1, ['BEAR', 'BULL']),
  member(2, ['BEAR', 'CHOP', 'BULL']),
  member(3, ['BEAR', 'CHOP_1', 'CHOP_2', 'BULL']),
];
const data = regimeRows(5, [120], D);
const row = (t: number) => data.rows.subarray(t * D, (t + 1) * D);

const walk = (given: readonly EnsembleMember[], forgetting: number, rows: number) => {
  const step = createEnsembleStep(given, { forgetting });
  let state = startEnsemble(given);
  return Array.from({ length: rows }, (_, t) => {
    const next = step(state, row(t));
    state = next.state;
    return next;
  });
};

describe('createEnsembleStep', () => {
  it('is the average of the members filtered alone', () => {
    const alone = members.map(({ model }) => filterObservations(model, data).logLikelihood);
    const together = averageBars(alone, 0.98);
    walk(members, 0.98, 120).forEach(({ logLikelihood }, t) =>
      expect(logLikelihood).toBeCloseTo(together.logLikelihood[t]!, 10),
    );
  });

  it('sums the regimes by name: they are a distribution over BEAR, BULL and CHOP', () => {
    for (const { regimes } of walk(members, 0.98, 120)) {
      expect(Object.keys(regimes).sort()).toEqual(['BEAR', 'BULL', 'CHOP']);
      expect(Object.values(regimes).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    }
  });

  it('is the member itself when there is only one', () => {
    const [only] = members;
    const { filtered, logLikelihood } = filterObservations(only!.model, data);
    walk([only!], 0.9, 120).forEach((bar, t) => {
      expect(bar.logLikelihood).toBeCloseTo(logLikelihood[t]!, 12);
      expect(bar.regimes['BEAR']).toBeCloseTo(filtered[t * 2]!, 12);
    });
  });

  it('keeps all that it needs in its state: through JSON at every bar it is the same bits', () => {
    const step = createEnsembleStep(members, { forgetting: 0.98 });
    let state: EnsembleState = startEnsemble(members);
    walk(members, 0.98, 120).forEach((whole, t) => {
      const next = step(JSON.parse(JSON.stringify(state)) as EnsembleState, row(t));
      expect(next).toEqual(whole);
      state = next.state;
    });
  });

  it('starts the filters anew and keeps the weights where a sequence begins', () => {
    const { state } = walk(members, 0.98, 50).at(-1)!;
    const fresh = startSequence(state);
    expect(fresh.logWeights).toEqual(state.logWeights);
    expect(fresh.filters).toEqual([null, null, null]);
  });

  it('only forgets on a row that says nothing', () => {
    const step = createEnsembleStep(members, { forgetting: 0.5 });
    const { state } = walk(members, 0.98, 50).at(-1)!;
    const next = step(state, new Float64Array(D).fill(Number.NaN));
    expect(next.logLikelihood).toBeCloseTo(0, 12);
    expect(Math.max(...next.state.logWeights)).toBeLessThan(Math.max(...state.logWeights));
  });

  it('refuses what does not fit together', () => {
    const refused = (given: readonly EnsembleMember[], forgetting = 1) =>
      expect(() => createEnsembleStep(given, { forgetting })).toThrow(
        expect.objectContaining({ code: 'InvalidModel' }),
      );
    refused([]);
    refused(members, 0);
    refused(members, 1.01);
    refused([...members, { model: randomModel(1, 'diag', 2, D + 1), names: ['BEAR', 'BULL'] }]);
    refused([{ model: randomModel(1, 'diag', 2, D), names: ['BEAR'] }]);
  });
});
