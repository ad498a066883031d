import { describe, expect, it } from 'vitest';
import { trainSeriesModel } from '../activities/train-series-model.ts';
import type { CandleColumns } from '../features/candle-features.ts';
import type { SeriesModel } from '../registry/model-file.ts';
import { recordedHours } from './candles.fixture.ts';
import { labelAgreement } from './label-agreement.ts';

const hour = 3_600_000;
const week = 168;
const gate = { alpha: 0.05, minDelta: 0, minCandles: 500, look: 1 };

/** A seed of its own for each retrain, so that only the method keeps labels in place. */
const train =
  (nStates: number) =>
  (columns: CandleColumns, retrain: number, champion: SeriesModel | undefined): SeriesModel =>
    trainSeriesModel(
      {
        ...{
          columns,
          timeframeMs: hour,
          nStates,
          covarianceType: 'full',
          seed: 1000 + retrain,
          restarts: 3,
          gate,
        },
        ...(champion && { champion }),
      },
      () => {},
    ).model;

/** The figures are in docs/explanation/regime-labels.md; these floors leave room for what a week may bring. */
describe('labels over weekly retrains on recorded hours', () => {
  it.each(['BTCUSDT', 'ETHUSDT', 'SOLUSDT'] as const)('%s: stay with their candles', (symbol) => {
    const columns = recordedHours(symbol, 3000 + 4 * week);
    const options = { timeframeMs: hour, window: 3000, step: week, train: train(3) };
    const { median, min, retrains } = labelAgreement(columns, options);
    expect(retrains).toHaveLength(4);
    expect(median.ari).toBeGreaterThan(0.6);
    expect(median.sameId).toBeGreaterThan(0.8);
    expect(min.ari).toBeGreaterThan(0.4);
  });

  it('agree fully where nothing changed', () => {
    const columns = recordedHours('BTCUSDT', 2000 + week);
    const model = train(3)(recordedHours('BTCUSDT', 2000 + week, week), 0, undefined);
    const { median, withFresh, withRenamed } = labelAgreement(columns, {
      ...{ timeframeMs: hour, window: 2000, step: week },
      train: (_, retrain) =>
        retrain === 0 ? model : { ...model, labels: { ...model.labels!, fresh: [false, false, false] } },
    });
    expect(median).toEqual({ ari: 1, sameId: 1, sameName: 1 });
    expect([withFresh, withRenamed]).toEqual([0, 0]);
  });

  it('needs two windows', () => {
    const options = { timeframeMs: hour, window: 2000, step: week, train: train(2) };
    expect(() => labelAgreement(recordedHours('BTCUSDT', 2100), options)).toThrow(RangeError);
  });
});
