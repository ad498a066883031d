import { beforeAll, describe, expect, it } from 'vitest';
import { recordedHours } from '../../backtest/candles.fixture.ts';
import type { CandleColumns } from '../../features/candle-features.ts';
import { type PooledJob, type PooledTraining, trainPooledModel } from './train-pooled-model.ts';

const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'] as const;
const key = (symbol: string) => `binance:${symbol.slice(0, 3)}/USDT:1h`;
const pool = (from: number, to = 0) =>
  symbols.map((symbol) => ({ series: key(symbol), columns: recordedHours(symbol, from, to) }));

const job = (more: Partial<PooledJob> = {}): PooledJob => ({
  pool: pool(3000, 1500),
  timeframeMs: 3_600_000,
  nStates: 3,
  covarianceType: 'full',
  seed: 42,
  restarts: 2,
  gate: { alpha: 0.05, minDelta: 0, minCandles: 200, look: 1 },
  ...more,
});

const train = (given: PooledJob): PooledTraining => trainPooledModel(given, () => {});
const withChampions = (from: number, { trainings }: PooledTraining) =>
  pool(from).map((one) => ({ ...one, champion: trainings[one.series]!.model }));

describe('trainPooledModel', () => {
  let first: PooledTraining;
  beforeAll(() => {
    first = train(job());
  });

  it('gives every series the same model and a scaler of its own', () => {
    const [btc, eth, sol] = symbols.map((symbol) => first.trainings[key(symbol)]!.model);
    expect(eth!.hmm).toEqual(btc!.hmm);
    expect(sol!.hmm).toEqual(btc!.hmm);
    expect(eth!.judged!.hmm).toEqual(btc!.judged!.hmm);
    expect(eth!.scaler).not.toEqual(btc!.scaler);
    expect(btc!.regimes).toEqual(['BEAR', 'CHOP', 'BULL']);
    expect(first.left).toEqual([]);
  });

  it('judges each series on its last fifth, all from the same time on', () => {
    for (const { model, nObs, gate, metricValue } of Object.values(first.trainings)) {
      expect(nObs).toBe(1500 - 96);
      expect(model.judged!.heldOut.candles).toBe(nObs - Math.floor(0.8 * nObs));
      expect(model.judged!.trainedRange.toMs).toBeLessThan(model.judged!.heldOut.fromMs);
      expect(gate).toMatchObject({ decision: 'pass', reason: expect.stringMatching(/first model/) });
      expect(Number.isFinite(metricValue)).toBe(true);
    }
    expect(
      new Set(Object.values(first.trainings).map(({ model }) => model.judged!.heldOut.fromMs)).size,
    ).toBe(1);
  });

  it('compares each series with baselines of its own on those candles', () => {
    const judged = Object.values(first.trainings).map(({ evaluation, metricValue, model, warnings }) => {
      const { judgement } = evaluation!;
      expect(judgement.candles).toBe(model.judged!.heldOut.candles);
      expect(judgement.model.joint).toBeCloseTo(metricValue, 10);
      expect(Object.keys(judgement.rivals)).toEqual(['oneState', 'iidMixture', 'ewma', 'garch']);
      expect(warnings.filter((text) => text.startsWith('not compared'))).toEqual([]);
      return judgement.rivals.garch!.margin;
    });
    expect(new Set(judged).size).toBe(3);
  });

  it('never trains on what lies after the cut, of any series', () => {
    const changed = pool(3000, 1500).map(({ series, columns }) => ({
      series,
      columns: {
        ...columns,
        close: columns.close.map((c, t) => (t > 1300 ? c * (1 + 0.01 * Math.sin(t)) : c)),
      },
    }));
    const other = train(job({ pool: changed }));
    for (const symbol of symbols) {
      const [one, two] = [first.trainings[key(symbol)]!, other.trainings[key(symbol)]!];
      expect(two.model.judged).toEqual(one.model.judged);
      expect(two.metricValue).not.toBe(one.metricValue);
    }
  });

  it('is the same bytes for the same job', () => {
    const bytes = (training: PooledTraining) =>
      JSON.stringify(Object.values(training.trainings).map(({ model }) => model));
    expect(bytes(train(job()))).toBe(bytes(first));
    expect(bytes(train(job({ seed: 43 })))).not.toBe(bytes(first));
  });

  it('leaves a short series out with its reason; the others are trained as if it were not there', () => {
    const [btc, eth] = pool(3000, 1500);
    const none: CandleColumns = recordedHours('SOLUSDT', 1600, 1500);
    const { trainings, left } = train(
      job({ pool: [btc!, eth!, { series: 'binance:SOL/USDT:1h', columns: none }] }),
    );
    expect(Object.keys(trainings)).toEqual(['binance:BTC/USDT:1h', 'binance:ETH/USDT:1h']);
    expect(left).toEqual([
      {
        series: 'binance:SOL/USDT:1h',
        type: 'NotEnoughData',
        reason: expect.stringMatching(/^left out of the pool: 0 complete rows before .* and 4 after it/),
      },
    ]);
  });

  it('fails when nothing is left to pool, and says of each series why', () => {
    expect(() => train(job({ pool: pool(150) }))).toThrow(
      expect.objectContaining({
        code: 'TooFewRows',
        message: expect.stringMatching(/0 complete .*SOL.USDT:1h: left out/),
      }),
    );
  });

  it('passes a better pool over all series together, and says on how many times', () => {
    const worse = train(job({ nStates: 2, covarianceType: 'diag' }));
    const { trainings } = train(job({ pool: withChampions(3000, worse), nStates: 4 }));
    for (const { gate } of Object.values(trainings)) {
      expect(gate.decision).toBe('pass');
      expect(gate.paired!.lower).toBeGreaterThan(0);
      expect(gate.paired!.n).toBe(trainings['binance:BTC/USDT:1h']!.model.judged!.heldOut.candles);
    }
  });

  it('refuses for the one series whose own model is surely better', () => {
    const weak = train(job({ nStates: 2, covarianceType: 'diag' }));
    // It has seen what it is judged on and denies it: better than anything honest.
    const cheat = train(job({ pool: pool(3000), nStates: 6 })).trainings['binance:ETH/USDT:1h']!.model;
    const champions = withChampions(3000, weak).map((one) =>
      one.series === 'binance:ETH/USDT:1h'
        ? { ...one, champion: { ...cheat, trainedRange: { fromMs: 0, toMs: 1 } } }
        : one,
    );
    const { trainings } = train(job({ pool: champions }));
    const decisions = Object.fromEntries(
      Object.entries(trainings).map(([name, { gate }]) => [name, gate.decision]),
    );
    expect(decisions).toEqual({
      'binance:BTC/USDT:1h': 'pass',
      'binance:ETH/USDT:1h': 'refuse',
      'binance:SOL/USDT:1h': 'pass',
    });
    expect(trainings['binance:ETH/USDT:1h']!.gate.reason).toMatch(/this series' own difference/);
  });
});
