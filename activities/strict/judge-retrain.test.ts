import { beforeAll, describe, expect, it } from 'vitest';
import { recordedHours } from '../../backtest/candles.fixture.ts';
import { meanOf, scoreLater } from '../../backtest/rolling.ts';
import { fitFold, quickFit } from '../../backtest/specification.ts';
import { candleFeatures, completeRows } from '../../features/candle-features.ts';
import { type CandleColumns, pickColumns, sliceColumns } from '../../ledger/candle-columns.ts';
import { type StrictJob, type StrictTraining, trainStrictModel } from './train-strict-model.ts';

const timeframeMs = 3_600_000;
const candles = recordedHours('BTCUSDT', 4000);
const [born, to] = [2000, 2400];

const job = (columns: CandleColumns, more: Partial<StrictJob> = {}): StrictJob => ({
  ...{ lineage: 'binance:BTC/USDT:1h#1', series: 'binance:BTC/USDT:1h', columns, timeframeMs },
  ...{ nStates: 3, covarianceType: 'diag', seed: 42, restarts: 2, minPoints: 1000 },
  gate: { alpha: 0.05, minDelta: 0, minCandles: 100, look: 1 },
  ...more,
});
const train = (given: StrictJob): StrictTraining => trainStrictModel(given, () => {});

describe('a retrain is judged against baselines', () => {
  let first: StrictTraining;
  let second: StrictTraining;
  const past = sliceColumns(candles, 0, born);
  const retrain = (columns: CandleColumns, more: Partial<StrictJob> = {}): StrictTraining =>
    train(job(columns, { head: first.head, champion: first.model, past, ...more }));

  beforeAll(() => {
    first = train(job(past));
    second = retrain(sliceColumns(candles, born, to));
  });

  it('on its own candles, by the rivals of a genesis and by the champion', () => {
    const { judgement, quality } = second.evaluation!;
    expect(judgement.candles).toBe(to - born);
    expect(Object.keys(judgement.rivals)).toEqual(['oneState', 'iidMixture', 'ewma', 'garch', 'previous']);
    expect(quality.occupancy.filtered).toHaveLength(3);
    expect(second.warnings).toEqual([]);
    const { judgement: atGenesis } = first.evaluation!;
    expect(Object.keys(atGenesis.rivals)).toEqual(['oneState', 'iidMixture', 'ewma', 'garch']);
    expect(judgement.model).not.toEqual(atGenesis.model);
    expect(judgement.rivals.garch?.margin).not.toBe(atGenesis.rivals.garch?.margin);
  });

  it('as it stood before it learned from them: the gate scored the same frozen model on the same candles', () => {
    const { model, rivals } = second.evaluation!.judgement;
    const { comparison } = second;
    expect(comparison!.candles).toBe(to - born);
    expect(model.joint).toBeCloseTo(comparison!.championSum / comparison!.candles, 6);
    // The champion is the head of before.
    expect(rivals.previous).toMatchObject({ joint: model.joint, gain: { joint: { lower: 0, upper: 0 } } });
  });

  it('fitted on older candles alone: one Gaussian of them scores what the report says', () => {
    const features = completeRows(candleFeatures(sliceColumns(candles, 0, to), { timeframeMs }));
    const cut = features.openTimeMs.findIndex((time) => time === candles.openTimeMs[born]);
    const fold = { from: 0, cut, to: features.openTimeMs.length };
    const gaussian = { nStates: 1, covarianceType: 'diag', emission: 'gaussian' } as const;
    const { model, scaler } = fitFold(features, fold, gaussian, { ...quickFit, restarts: 1, seed: 42 });
    expect(second.evaluation!.judgement.rivals.oneState?.joint).toBeCloseTo(
      meanOf(scoreLater(model, scaler, features, fold)),
      9,
    );
  });

  it('changes nothing of what is learned', () => {
    const columns = sliceColumns(candles, born, to);
    const unjudged = train(job(columns, { head: first.head, champion: first.model }));
    expect(unjudged.evaluation).toBeUndefined();
    expect(JSON.stringify([unjudged.head, unjudged.model, unjudged.gate])).toBe(
      JSON.stringify([second.head, second.model, second.gate]),
    );
  });

  it('with other candles to other numbers, and with the same to the same', () => {
    const columns = sliceColumns(candles, born, to);
    expect(retrain(columns).evaluation).toEqual(second.evaluation);
    const wilder = { ...columns, close: columns.close.map((c, t) => c * (1 + 0.02 * Math.sin(t))) };
    const { judgement } = retrain({
      ...wilder,
      high: wilder.high.map((h, t) => Math.max(h, wilder.close[t]!)),
      low: wilder.low.map((l, t) => Math.min(l, wilder.close[t]!)),
    }).evaluation!;
    for (const name of ['oneState', 'iidMixture', 'ewma', 'garch'] as const)
      expect(judgement.rivals[name]!.margin).not.toBeCloseTo(
        second.evaluation!.judgement.rivals[name]!.margin,
        2,
      );
  });

  it('and says why it is not: too few new candles, or too few older ones', () => {
    const few = retrain(sliceColumns(candles, born, born + 9));
    expect(few).toMatchObject({
      warnings: ['not compared with baselines: 9 new candles, 10 are needed'],
    });
    expect(few.evaluation).toBeUndefined();
    const nothing = pickColumns(past, () => false);
    const { warnings, evaluation } = retrain(sliceColumns(candles, born, to), {
      past: nothing,
      head: { ...first.head, tail: shortTail() },
    });
    expect(evaluation).toBeUndefined();
    expect(warnings).toEqual([
      'not compared with baselines: 104 stored candles to fit baselines on, 150 are needed',
    ]);
  });

  const shortTail = () =>
    Object.fromEntries(
      Object.entries(first.head.tail).map(([name, values]: [string, readonly number[]]) => [
        name,
        values.slice(-200),
      ]),
    ) as unknown as StrictTraining['head']['tail'];
});
