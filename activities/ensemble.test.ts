import { beforeAll, describe, expect, it } from 'vitest';
import { recordedHours } from '../backtest/candles.fixture.ts';
import { serializeModel } from '../registry/serialize.ts';
import { type SeriesTraining, type TrainingJob, trainSeriesModel } from './train-series-model.ts';

const job = (more: Partial<TrainingJob> = {}): TrainingJob => ({
  columns: recordedHours('BTCUSDT', 2500),
  timeframeMs: 3_600_000,
  nStates: 2,
  covarianceType: 'diag',
  seed: 42,
  restarts: 1,
  gate: { alpha: 0.05, minDelta: 0, minCandles: 300, look: 1 },
  ...more,
});
const train = (given: TrainingJob): SeriesTraining => trainSeriesModel(given, () => {});

describe('a training with HMM_ENSEMBLE', () => {
  let alone: SeriesTraining;
  let mixed: SeriesTraining;
  beforeAll(() => {
    alone = train(job());
    mixed = train(job({ ensemble: [4, 2, 3] }));
  });

  it('keeps a member for each state count beside the model, with weights that sum to 1', () => {
    const { ensemble, judged, hmm } = mixed.model;
    expect(hmm).toEqual(alone.model.hmm);
    for (const { members, forgetting } of [ensemble!, judged.ensemble!]) {
      expect(forgetting).toBe(0.9);
      expect(members.map((member) => member.regimes.length)).toEqual([2, 3, 4]);
      expect(members.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    }
    expect(alone.model.ensemble).toBeUndefined();
  });

  it('is what the metric and the gate are of: four states are better than the two that it would have been', () => {
    expect(mixed.metricValue).toBeGreaterThan(alone.metricValue);
    const champion = { ...alone.model, trainedRange: alone.model.judged.trainedRange };
    const { gate } = train(job({ ensemble: [2, 3, 4], champion }));
    expect(gate.paired!.difference).toBeGreaterThan(0);
    const itself = { ...mixed.model, ...mixed.model.judged };
    expect(train(job({ ensemble: [2, 3, 4], champion: itself })).gate.paired!.difference).toBe(0);
  });

  it('is stored as it is, the same bytes for the same job', () => {
    const bytes = ({ model }: SeriesTraining): string =>
      serializeModel({
        schema: 'autotrain-model/1',
        featureSet: 'candles-4/1',
        series: { 'binance:BTC/USDT:1h': model },
      });
    expect(bytes(train(job({ ensemble: [2, 3, 4] })))).toBe(bytes(mixed));
  });

  it('needs rows for its largest member', () => {
    const short = { columns: recordedHours('BTCUSDT', 300), ensemble: [2, 6] };
    expect(() => train(job(short))).toThrow(/300 needed for 6 states/);
  });
});
