import { expect, test } from 'vitest';
import type { Ensemble, ModelFile, SeriesModel } from './model-file.ts';
import { modelFile, seriesModel } from './registry.fixture.ts';
import { serializeModel } from './serialize.ts';

const { hmm } = seriesModel();
const oneState: SeriesModel['hmm'] = {
  covarianceType: 'diag',
  startProbability: [1],
  transitionMatrix: [[1]],
  means: [[0, 0]],
  covariances: [[1, 1]],
};
const good: Ensemble = {
  forgetting: 0.9,
  members: [
    { hmm: oneState, regimes: ['CHOP'], weight: 0.25 },
    { hmm, regimes: ['BEAR', 'BULL'], weight: 0.75 },
  ],
};
const fileWith = (ensemble: Ensemble): ModelFile => {
  const model = seriesModel();
  return {
    ...modelFile(),
    series: { 'binance:BTC/USDT:1h': { ...model, ensemble, judged: { ...model.judged!, ensemble } } },
  };
};

test('an ensemble is stored with the model and with what was judged', () => {
  const stored = JSON.parse(serializeModel(fileWith(good))).series['binance:BTC/USDT:1h'];
  expect(stored.ensemble).toEqual(good);
  expect(stored.judged.ensemble).toEqual(good);
});

const [small, large] = good.members;
const refused: readonly [string, Ensemble][] = [
  ['without members', { ...good, members: [] }],
  ['whose weights do not sum to 1', { ...good, members: [small!, { ...large!, weight: 0.5 }] }],
  [
    'with a weight of 0',
    {
      ...good,
      members: [
        { ...small!, weight: 0 },
        { ...large!, weight: 1 },
      ],
    },
  ],
  ['that never forgets backwards', { ...good, forgetting: 0 }],
  ['with a name too few', { ...good, members: [{ ...large!, regimes: ['BULL'], weight: 1 }] }],
  ['with two members of as many states', { ...good, members: [{ ...large!, weight: 0.25 }, large!] }],
  [
    'of other features than the scaler',
    { ...good, members: [{ ...small!, hmm: { ...oneState, means: [[0]], covariances: [[1]] }, weight: 1 }] },
  ],
];

test.each(refused)('an ensemble %s is not written', (_, ensemble) => {
  expect(() => serializeModel(fileWith(ensemble))).toThrow(expect.objectContaining({ code: 'Invalid' }));
});
