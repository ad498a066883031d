import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ModelFile, SeriesModel } from './model-file.ts';
import { fullHmm, modelFile, seriesModel } from './registry.fixture.ts';
import { serializeModel } from './serialize.ts';

const withModel = (model: SeriesModel): ModelFile => ({
  ...modelFile(),
  series: { 'binance:BTC/USDT:1h': model },
});
const withHmm = (hmm: Partial<SeriesModel['hmm']>): ModelFile =>
  withModel({ ...seriesModel(), hmm: { ...seriesModel().hmm, ...hmm } as SeriesModel['hmm'] });

/** The same values, every object's keys in another order. */
const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, shuffled(inner)]),
  );
};

test('the order in which a model was put together does not show in its bytes', () => {
  const series = { 'binance:ETH/USDT:1h': seriesModel(1), 'binance:BTC/USDT:1h': seriesModel(2, fullHmm) };
  const model: ModelFile = { ...modelFile(), series };
  expect(serializeModel(shuffled(model) as ModelFile)).toBe(serializeModel(model));
  expect(Object.keys(JSON.parse(serializeModel(model)).series)).toEqual(Object.keys(series).reverse());
  expect(Object.keys(JSON.parse(serializeModel(model)))).toEqual(['schema', 'featureSet', 'series']);
});

test('minus zero is written as zero', () => {
  const means = [
    [-0, 0],
    [0, -0],
  ];
  expect(serializeModel(withHmm({ means }))).toBe(
    serializeModel(
      withHmm({
        means: [
          [0, 0],
          [0, 0],
        ],
      }),
    ),
  );
});

test('every double comes back as it was', () => {
  const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
  fc.assert(
    fc.property(double, double, (one, other) => {
      const means = [
        [one, other],
        [other, one],
      ];
      expect(JSON.parse(serializeModel(withHmm({ means }))).series['binance:BTC/USDT:1h'].hmm.means).toEqual(
        means,
      );
    }),
  );
});

const asymmetric = [
  [
    [1, 0.5],
    [0.4, 2],
  ],
  [
    [1, 0],
    [0, 1],
  ],
];
const indefinite = [
  [
    [1, 2],
    [2, 1],
  ],
  [
    [1, 0],
    [0, 1],
  ],
];

const refused: [string, ModelFile][] = [
  [
    'NaN',
    withHmm({
      means: [
        [Number.NaN, 0],
        [0, 0],
      ],
    }),
  ],
  [
    'infinity',
    withHmm({
      means: [
        [Number.POSITIVE_INFINITY, 0],
        [0, 0],
      ],
    }),
  ],
  ['a start that does not sum to 1', withHmm({ startProbability: [0.5, 0.5 + 1e-8] })],
  [
    'a transition row that does not sum to 1',
    withHmm({
      transitionMatrix: [
        [0.9, 0.2],
        [0.2, 0.8],
      ],
    }),
  ],
  ['a negative probability', withHmm({ startProbability: [-0.5, 1.5] })],
  [
    'a variance of zero',
    withHmm({
      covariances: [
        [0, 1],
        [1, 1],
      ],
    }),
  ],
  [
    'a negative variance',
    withHmm({
      covariances: [
        [1, 1],
        [1, -1],
      ],
    }),
  ],
  ['too few states in the matrix', withHmm({ transitionMatrix: [[1]] })],
  ['ragged means', withHmm({ means: [[0, 0], [0]] })],
  ['covariances of another shape', withHmm({ covariances: [[1], [1]] })],
  ['full covariances that are called diag', withHmm({ covariances: fullHmm.covariances })],
  ['a covariance that is not symmetric', withHmm({ ...fullHmm, covariances: asymmetric })],
  ['a covariance that is not positive definite', withHmm({ ...fullHmm, covariances: indefinite })],
  ['a scale of zero', withModel({ ...seriesModel(), scaler: { mean: [0, 0], scale: [1, 0] } })],
  ['a scaler for other features', withModel({ ...seriesModel(), scaler: { mean: [0], scale: [1] } })],
  ['a regime too few', withModel({ ...seriesModel(), regimes: ['BULL'] })],
  [
    'a range that ends before it begins',
    withModel({ ...seriesModel(), trainedRange: { fromMs: 2, toMs: 1 } }),
  ],
  ['an unknown field', { ...modelFile(), note: 'x' } as ModelFile],
  ['no model at all', { ...modelFile(), series: {} }],
  ['a key that is no series', { ...modelFile(), series: { '../x': seriesModel() } }],
];

test.each(refused)('a model with %s is not written', (_, model) => {
  expect(() => serializeModel(model)).toThrow(
    expect.objectContaining({ name: 'RegistryError', code: 'Invalid' }),
  );
});

test('a probability may be off by rounding', () => {
  expect(() => serializeModel(withHmm({ startProbability: [0.1 + 0.2, 0.7] }))).not.toThrow();
});
