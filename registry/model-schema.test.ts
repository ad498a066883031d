import { describe, expect, test } from 'vitest';
import { covarianceTypes, randomModel } from '../hmm/hmm.fixture.ts';
import { fromParameters, toParameters } from '../hmm/model.ts';
import type { HmmParameters, ModelFile, SeriesModel } from './model-file.ts';
import { modelFile, seriesModel } from './registry.fixture.ts';
import { serializeModel } from './serialize.ts';

const key = 'binance:BTC/USDT:1h';
const fileWith = (model: SeriesModel): ModelFile => ({ ...modelFile(), series: { [key]: model } });
const withHmm = (hmm: HmmParameters): ModelFile => fileWith({ ...seriesModel(), hmm });
const stored = (file: ModelFile): SeriesModel => JSON.parse(serializeModel(file)).series[key];
const refused = (file: ModelFile) =>
  expect(() => serializeModel(file)).toThrow(expect.objectContaining({ code: 'Invalid' }));

describe.each(covarianceTypes)('a model with %s covariances', (type) => {
  const gaussian = randomModel(1, type, 2, 2);
  const student = { ...gaussian, degreesOfFreedom: Float64Array.of(4.5, 30) };

  test('is stored and read bit for bit, with Gaussian and with Student-t emissions', () => {
    for (const model of [gaussian, student]) {
      expect(fromParameters(stored(withHmm(toParameters(model))).hmm)).toEqual(model);
    }
    expect('degreesOfFreedom' in stored(withHmm(toParameters(gaussian))).hmm).toBe(false);
  });

  test.each([
    ['of another length', [4]],
    ['that are 0', [4, 0]],
    ['that are not finite', [4, Number.POSITIVE_INFINITY]],
  ])('is refused with degrees of freedom %s', (_, degreesOfFreedom) => {
    const parameters = { ...toParameters(gaussian), degreesOfFreedom };
    refused(withHmm(parameters));
    expect(() => fromParameters(parameters)).toThrow(expect.objectContaining({ code: 'InvalidModel' }));
  });

  test('is refused with covariances of another model, and with a field too many', () => {
    const other = randomModel(1, type, 3, 3);
    refused(withHmm({ ...toParameters(gaussian), covariances: toParameters(other).covariances }));
    refused(withHmm({ ...toParameters(gaussian), extra: 1 } as HmmParameters));
  });
});

describe('labels and scores of strict mode', () => {
  const labels = { ids: [3, 0], fresh: [true, false], renamed: [false, true], nextId: 4 };
  const prequential = { fromMs: 0, toMs: 3_600_000, candles: 2, meanLogLikelihood: -1.25 };
  const { judged: _, ...model } = seriesModel();

  test('are stored, and what was judged may be absent', () => {
    expect(stored(fileWith({ ...model, labels, prequential }))).toEqual({ ...model, labels, prequential });
  });

  test.each<[string, Partial<SeriesModel>]>([
    ['a label too few', { labels: { ...labels, ids: [3] } }],
    ['a flag too few', { labels: { ...labels, fresh: [true] } }],
    ['one id twice', { labels: { ...labels, ids: [3, 3] } }],
    ['a next id in use', { labels: { ...labels, nextId: 3 } }],
    ['a label that is no integer', { labels: { ...labels, ids: [0.5, 0] } }],
    ['a score that is not finite', { prequential: { ...prequential, meanLogLikelihood: Number.NaN } }],
    ['scores that end before they begin', { prequential: { ...prequential, fromMs: 7_200_000 } }],
  ])('are refused with %s', (_, spoilt) => refused(fileWith({ ...model, labels, prequential, ...spoilt })));
});
