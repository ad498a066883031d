import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CandleColumns, sliceColumns } from '../../ledger/candle-columns.ts';
import type { TrainingProgress } from '../train-series-model.ts';
import { type StrictJob, type StrictTraining, trainStrictModel } from './train-strict-model.ts';

const hour = 3_600_000;
const recorded = new URL('../../../shared/data/candles/binance_BTCUSDT_1h.csv.gz', import.meta.url);
const rows = gunzipSync(readFileSync(recorded))
  .toString()
  .trim()
  .split('\n')
  .slice(1, 4001)
  .map((line) => line.split(',').map(Number));
const column = (at: number) => Float64Array.from(rows, (row) => row[at]!);

/** The first 4000 recorded hours. */
const candles: CandleColumns = {
  openTimeMs: column(0),
  open: column(1),
  high: column(2),
  low: column(3),
  close: column(4),
  volume: column(5),
};

const job = (columns: CandleColumns, more: Partial<StrictJob> = {}): StrictJob => ({
  lineage: 'binance:BTC/USDT:1h#1',
  series: 'binance:BTC/USDT:1h',
  columns,
  timeframeMs: hour,
  nStates: 3,
  covarianceType: 'diag',
  seed: 42,
  restarts: 2,
  minPoints: 1000,
  gate: { alpha: 0.05, minDelta: 0, minCandles: 500, look: 1 },
  ...more,
});

const train = (given: StrictJob): StrictTraining => trainStrictModel(given, () => {});

/** Retrains that end behind these numbers of candles; each goes on from a head that was in JSON between. */
const retrains = (...ends: readonly number[]): StrictTraining => {
  let training: StrictTraining | undefined;
  let from = 0;
  for (const to of ends) {
    const head = training && (JSON.parse(JSON.stringify(training.head)) as StrictTraining['head']);
    training = train(job(sliceColumns(candles, from, to), head ? { head } : {}));
    from = to;
  }
  return training!;
};

it('tells its progress: fit, evaluate, absorb, with how much of the candles behind the batch fit', () => {
  const seen: TrainingProgress[] = [];
  trainStrictModel(job(sliceColumns(candles, 0, 1500)), (progress) => seen.push(progress));
  expect([...new Set(seen.map(({ phase }) => phase))]).toEqual(['fit', 'evaluate', 'absorb']);
  expect(seen.at(-1)).toMatchObject({ phase: 'absorb', done: 0, of: 700 });
  const { head } = train(job(sliceColumns(candles, 0, 1500)));
  trainStrictModel(job(sliceColumns(candles, 1500, 2500), { head }), (progress) => seen.push(progress));
  expect(seen.slice(-2)).toMatchObject([{ phase: 'absorb', done: 0, of: 1000 }, { phase: 'evaluate' }]);
});

describe('trainStrictModel', () => {
  let whole: StrictTraining;
  beforeAll(() => {
    whole = retrains(4000);
  });

  it('is the same head, byte for byte, whatever the retrains were', () => {
    const bytes = JSON.stringify(whole.head);
    expect(JSON.stringify(retrains(1000, 4000).head)).toBe(bytes);
    expect(JSON.stringify(retrains(1000, 1001, 1002, 1713, 2500, 2524, 3999, 4000).head)).toBe(bytes);
    const { labels, ...model } = retrains(3333, 4000).model;
    const { labels: first, ...same } = whole.model;
    expect(JSON.stringify(model)).toBe(JSON.stringify(same));
    expect(labels, 'only at genesis are the states new').toEqual({ ...first, fresh: [false, false, false] });
  });

  it('fits its first 80% at genesis, scores every later candle once, and learns from all', () => {
    const { head, nObs } = whole;
    expect(head.genesisRows).toBe(800 - 96);
    expect(head.prequential).toMatchObject({
      candles: 3200,
      fromMs: candles.openTimeMs[800],
      toMs: candles.openTimeMs[3999],
    });
    expect(nObs).toBe(head.genesisRows + 3200);
    const [first, ...others] = head.trainedRanges;
    expect(first?.fromMs).toBe(candles.openTimeMs[0]);
    expect(others, 'a run ends at each of the four gaps').toHaveLength(4);
    const trained = head.trainedRanges.map(({ fromMs, toMs }) => (toMs - fromMs) / hour + 1);
    expect(trained.reduce((a, b) => a + b)).toBe(4000);
    expect(whole).toMatchObject({ scoredCandles: 3200, gate: { decision: 'pass' } });
    expect(whole.metricValue).toBe(head.prequential!.sum / 3200);
  });

  it('keeps its record bounded', () => {
    expect(JSON.stringify(whole.head).length).toBeLessThan(40_000);
    expect(whole.head.tail.openTimeMs).toHaveLength(256);
  });

  it('compares with a frozen champion on later candles only, accumulated over retrains', () => {
    const first = retrains(1500);
    const champion = first.model;
    const second = train(job(sliceColumns(candles, 1500, 1800), { head: first.head, champion }));
    expect(second.gate).toMatchObject({ decision: 'insufficient' });
    expect(second.comparison).toMatchObject({ candles: 300, fromMs: candles.openTimeMs[1500] });
    expect(second.metricValue).toBe(second.comparison!.headSum / 300);
    const { head, comparison } = second;
    const third = train(job(sliceColumns(candles, 1800, 4000), { head, champion, comparison: comparison! }));
    expect(third.gate.paired?.n).toBe(2500);
    const atOnce = train(job(sliceColumns(candles, 1500, 4000), { head: first.head, champion }));
    expect(third.comparison).toEqual(atOnce.comparison);
    expect(third.gate.paired?.difference).toBeCloseTo(
      (third.comparison!.headSum - third.comparison!.championSum) / 2500,
      12,
    );
    const promoted = train(
      job(sliceColumns(candles, 3000, 4000), {
        head: retrains(3000).head,
        champion: retrains(3000).model,
        comparison: comparison!,
      }),
    );
    expect(promoted.comparison?.candles, 'another champion begins another comparison').toBe(1000);
  });

  it('begins with a frozen champion that is the head itself: no difference until the head has learned', () => {
    const first = retrains(1500);
    const champion = first.model;
    const { comparison } = train(job(sliceColumns(candles, 1500, 1501), { head: first.head, champion }));
    // Not the same number: the head carries a filter that was made under the parameters of the block before.
    expect(Math.abs(comparison!.headSum - comparison!.championSum)).toBeLessThan(1e-3);
  });

  it('names how many rows genesis has and how many it needs', () => {
    expect(() => train(job(candles, { minPoints: 200 }))).toThrow(
      expect.objectContaining({
        code: 'TooFewRows',
        message:
          '64 complete feature rows in the first 80% of TRAIN_MIN_POINTS=200 candles, 150 needed for 3 states',
      }),
    );
  });
});
