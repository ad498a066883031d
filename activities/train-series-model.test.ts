import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CandleColumns } from '../features/candle-features.ts';
import { createRandom } from '../numerics/random.ts';
import {
  type SeriesTraining,
  type TrainingJob,
  type TrainingProgress,
  trainSeriesModel,
} from './train-series-model.ts';

const hour = 3_600_000;
const recorded = new URL('../../shared/data/candles/binance_BTCUSDT_1h.csv.gz', import.meta.url);
const rows = gunzipSync(readFileSync(recorded))
  .toString()
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(',').map(Number));

/** Recorded hours [from, to), counted from the end. */
const candles = (from: number, to = 0): CandleColumns => {
  const part = rows.slice(rows.length - from, rows.length - to);
  const column = (at: number) => Float64Array.from(part, (row) => row[at]!);
  return {
    openTimeMs: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  };
};

const job = (columns: CandleColumns, more: Partial<TrainingJob> = {}): TrainingJob => ({
  columns,
  timeframeMs: hour,
  nStates: 3,
  covarianceType: 'full',
  seed: 42,
  restarts: 2,
  gate: { alpha: 0.05, minDelta: 0, minCandles: 500, look: 1 },
  ...more,
});

const train = (given: TrainingJob): SeriesTraining => trainSeriesModel(given, () => {});

describe('trainSeriesModel', () => {
  let first: SeriesTraining;
  beforeAll(() => {
    first = train(job(candles(6000, 3000)));
  });

  it('is judged against baselines on the held-out candles, and its regimes are measured', () => {
    const { judgement, quality, selection } = first.evaluation!;
    expect(judgement.candles).toBe(first.model.judged.heldOut.candles);
    expect(judgement.model.joint).toBeCloseTo(first.metricValue, 10);
    expect(Object.keys(judgement.rivals)).toEqual(['oneState', 'iidMixture', 'ewma', 'garch']);
    expect(quality.dwell.expected).toHaveLength(3);
    expect(selection).toBeUndefined();
    expect(JSON.stringify(first.evaluation).length).toBeLessThan(5000);
  });

  it('chooses the number of states on the training rows alone when asked to', () => {
    const auto = { nStates: 'auto', restarts: 1, seed: 1 } as const;
    const { model, evaluation } = train(job(candles(2000), auto));
    const { chosen, candles: scored, candidates } = evaluation!.selection!;
    expect(model.regimes).toHaveLength(chosen.nStates);
    expect(candidates.map(({ nStates }) => nStates)).toEqual([2, 3, 4, 5, 6, 8]);
    expect(scored).toBe(Math.ceil(0.5 * Math.floor(0.8 * (2000 - 96))));
    expect(JSON.stringify(evaluation).length).toBeLessThan(8000);
  });

  it('makes a first model that passes the absolute gates', () => {
    expect(first.gate).toMatchObject({ decision: 'pass', reason: expect.stringMatching(/first model/) });
    expect(first.gate.paired).toBeUndefined();
    expect(first.nObs).toBe(3000 - 96);
    expect(first.model.regimes.toSorted()).toEqual(['BEAR', 'BULL', 'CHOP']);
    expect(Number.isFinite(first.metricValue)).toBe(true);
  });

  it('orders the states by their mean return', () => {
    for (const { means } of [first.model.hmm, first.model.judged.hmm]) {
      const returns = means.map(([logret]) => logret!);
      expect(returns).toEqual([...returns].sort((a, b) => a - b));
    }
  });

  it('says on which candles it was trained and judged', () => {
    const { openTimeMs } = candles(6000, 3000);
    const { judged, trainedRange } = first.model;
    const cut = Math.floor(0.8 * first.nObs);
    expect(trainedRange).toEqual({ fromMs: openTimeMs[0], toMs: openTimeMs.at(-1) });
    expect(judged.trainedRange).toEqual({ fromMs: openTimeMs[0], toMs: openTimeMs[96 + cut - 1] });
    expect(judged.heldOut).toEqual({
      fromMs: openTimeMs[96 + cut],
      toMs: openTimeMs.at(-1),
      candles: first.nObs - cut,
    });
  });

  it('never looks at what is held out: other candles there leave the judged model as it is', () => {
    const columns = candles(6000, 3000);
    const changed = {
      ...columns,
      close: columns.close.map((c, t) => (t > 2500 ? c * (1 + 0.01 * Math.sin(t)) : c)),
    };
    const other = train(job(changed));
    expect(other.model.judged.hmm).toEqual(first.model.judged.hmm);
    expect(other.model.judged.scaler).toEqual(first.model.judged.scaler);
    expect(other.metricValue).not.toBe(first.metricValue);
    expect(other.model.hmm).not.toEqual(first.model.hmm);
  });

  it('is the same bytes for the same job, other bytes for another seed', () => {
    const bytes = (seed: number) => JSON.stringify(train(job(candles(6000, 3000), { seed })).model);
    expect(bytes(42)).toBe(JSON.stringify(first.model));
    expect(bytes(43)).not.toBe(bytes(42));
  });

  it('tells its progress: fit, score, refit, evaluate, and how much of a fit is done', () => {
    const seen: TrainingProgress[] = [];
    trainSeriesModel(job(candles(1500)), (progress) => seen.push(progress));
    expect([...new Set(seen.map(({ phase }) => phase))]).toEqual(['fit', 'score', 'refit', 'evaluate']);
    expect(seen.every(({ logLikelihood }) => Number.isFinite(logLikelihood))).toBe(true);
    expect(Math.max(...seen.map(({ iteration }) => iteration))).toBeGreaterThanOrEqual(3);
    const counted = seen.filter(({ done, of }) => done! >= 1 && done! <= of!);
    expect(counted).toEqual(seen.filter(({ phase }) => phase === 'fit' || phase === 'refit'));
  });

  it('learns diagonal covariances and other numbers of states', () => {
    const { model } = train(job(candles(2500), { covarianceType: 'diag', nStates: 2 }));
    expect(model.hmm.covariances).toEqual([expect.arrayContaining([expect.any(Number)]), expect.any(Array)]);
    expect(model.regimes).toEqual(['BEAR', 'BULL']);
    const four = train(job(candles(2500), { nStates: 4 })).model;
    expect(four.regimes.toSorted()).toEqual(['BEAR', 'BULL', 'CHOP_1', 'CHOP_2']);
  });

  it('names how many rows there are and how many are needed', () => {
    expect(() => train(job(candles(200)))).toThrow(
      expect.objectContaining({
        code: 'TooFewRows',
        message: '104 complete feature rows, 150 needed for 3 states',
      }),
    );
    expect(() => train(job(candles(0)))).toThrow(expect.objectContaining({ code: 'TooFewRows' }));
  });

  it('trains on flat candles without volume among the others', () => {
    const columns = candles(2000);
    const flat = (t: number) => t % 400 >= 350;
    const held = columns.close.slice();
    for (let t = 1; t < held.length; t++) if (flat(t)) held[t] = held[t - 1]!;
    const still = (values: Float64Array) => values.map((value, t) => (flat(t) ? held[t]! : value));
    const columnsWithPauses = {
      ...columns,
      close: held,
      high: still(columns.high).map((h, t) => Math.max(h, held[t]!)),
      low: still(columns.low).map((l, t) => Math.min(l, held[t]!)),
      volume: columns.volume.map((v, t) => (flat(t) ? 0 : v)),
    };
    const { gate, metricValue } = train(job(columnsWithPauses));
    expect(Number.isFinite(metricValue)).toBe(true);
    expect(gate.checks.find(({ name }) => name === 'smallest variance of a state')?.pass).toBe(true);
  });
});

describe('the gate of a second training', () => {
  const champion = () => train(job(candles(9000, 3000), { nStates: 2, covarianceType: 'diag' })).model;

  it('promotes a better model on candles that neither had seen, with interval and number of candles', () => {
    const { gate, model } = train(job(candles(9000), { nStates: 4, champion: champion() }));
    expect(gate.decision).toBe('pass');
    expect(gate.paired).toMatchObject({ n: model.judged.heldOut.candles, look: 1 });
    expect(gate.paired!.lower).toBeGreaterThan(0);
  });

  it('refuses a worse one: trained on candles that are not the market', () => {
    const good = train(job(candles(9000, 3000))).model;
    const random = createRandom(1);
    const columns = candles(9000);
    const price = columns.close.slice();
    for (let t = 1; t < 7000; t++) price[t] = price[t - 1]! * Math.exp(0.02 * random.normal());
    const noise = (values: Float64Array, factor: number) =>
      values.map((v, t) => (t < 7000 ? price[t]! * factor : v));
    const spoilt = {
      ...columns,
      close: noise(columns.close, 1),
      high: noise(columns.high, 1.02),
      low: noise(columns.low, 0.98),
    };
    const { gate } = train(job(spoilt, { champion: good }));
    expect(gate.decision).toBe('refuse');
    expect(gate.paired!.difference).toBeLessThan(0);
  });

  it('counts only candles later than the champion: too few are insufficient evidence', () => {
    const { gate } = train(job(candles(6000), { champion: train(job(candles(6000, 300))).model }));
    expect(gate.decision).toBe('insufficient');
    expect(gate.paired?.n).toBe(300);
    expect(gate.reason).toMatch(/insufficient evidence: 300 candles/);
  });

  it('scores equally what is equal: the champion against itself', () => {
    const first = train(job(candles(6000))).model;
    const itself = { ...first, ...first.judged };
    const { gate } = train(job(candles(6000), { champion: itself }));
    expect(gate.paired!.difference).toBe(0);
    expect(gate.decision).toBe('refuse');
  });
});
