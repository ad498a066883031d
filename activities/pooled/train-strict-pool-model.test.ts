import { beforeAll, describe, expect, it } from 'vitest';
import { recordedHours } from '../../backtest/candles.fixture.ts';
import { type CandleColumns, sliceColumns } from '../../ledger/candle-columns.ts';
import { serializeHeads } from '../../registry/heads.ts';
import { isPooled, type PooledHead, whyNoPool } from './pool-heads.ts';
import {
  type StrictPoolJob,
  type StrictPoolTraining,
  trainStrictPoolModel,
} from './train-strict-pool-model.ts';

const symbols = ['BTCUSDT', 'ETHUSDT'] as const;
const key = (symbol: string) => `binance:${symbol.slice(0, 3)}/USDT:1h`;
const [btc, eth] = symbols.map(key) as [string, string];
const candles: Record<string, CandleColumns> = {
  [btc]: recordedHours('BTCUSDT', 3000, 1000),
  [eth]: recordedHours('ETHUSDT', 3000, 1000),
};
const nothing = sliceColumns(candles[btc]!, 2000);

const settings: Omit<StrictPoolJob, 'strictPool'> = {
  ...{ timeframeMs: 3_600_000, nStates: 2, covarianceType: 'diag', seed: 42, restarts: 1, minPoints: 800 },
};
const gate = { alpha: 0.05, minDelta: 0, minCandles: 300, look: 1 };

const part = (series: string, from: number, to: number): CandleColumns => {
  const { openTimeMs, open, high, low, close, volume } = candles[series]!;
  const cut = (values: Float64Array) => values.slice(from, to);
  return {
    ...{ openTimeMs: cut(openTimeMs), open: cut(open), high: cut(high) },
    ...{ low: cut(low), close: cut(close), volume: cut(volume) },
  };
};

type Columns = Readonly<Record<string, CandleColumns>>;
const whole = (from: number, to: number): Columns => ({
  [btc]: part(btc, from, to),
  [eth]: part(eth, from, to),
});

/** A retrain; it goes on from heads that were in JSON between. */
const retrain = (
  columns: Columns,
  before?: StrictPoolTraining,
  champions?: StrictPoolTraining,
  trainedOn?: Columns,
): StrictPoolTraining => {
  const job: StrictPoolJob = {
    ...settings,
    strictPool: [btc, eth].map((series) => {
      const past = before && (JSON.parse(JSON.stringify(before[series])) as StrictPoolTraining[string]);
      return {
        ...{ series, lineage: `${series}#1`, columns: columns[series] ?? nothing, gate },
        ...(past && { head: past.head as PooledHead }),
        ...(past?.comparison && { comparison: past.comparison }),
        ...(trainedOn && { past: trainedOn[series]! }),
        ...(champions && { champion: champions[series]!.model }),
      };
    }),
  };
  return trainStrictPoolModel(job, () => {});
};

const heads = (training: StrictPoolTraining) =>
  [btc, eth].map((series) => training[series]!.head as PooledHead);
const bytes = (training: StrictPoolTraining) =>
  serializeHeads(Object.fromEntries(heads(training).map((head) => [head.series, { head }])));

describe('trainStrictPoolModel', () => {
  let first: StrictPoolTraining;
  let all: StrictPoolTraining;
  beforeAll(() => {
    first = retrain(whole(0, 900));
    all = retrain(whole(0, 2000));
  });

  it('begins with the same bytes however many candles there are', () => {
    const again = retrain(whole(900, 2000), first);
    expect(bytes(again)).toBe(bytes(all));
    expect(again[btc]!.metricValue).toBe(all[btc]!.metricValue);
  });

  it('ends with the same bytes in whatever order series arrive, one after the other or cut', () => {
    let training = first;
    for (let from = 900; from < 2000; from += 50) {
      const to = Math.min(from + 50, 2000);
      const [early, late] = from % 100 === 0 ? [btc, eth] : [eth, btc];
      training = retrain({ [early]: part(early, from, to) }, training);
      training = retrain({ [late]: part(late, from, to - 7) }, training);
      training = retrain({ [late]: part(late, to - 7, to) }, training);
    }
    expect(bytes(training)).toBe(bytes(all));
  });

  it('gives all series one model, scalers, filters and scores of their own', () => {
    const [one, two] = heads(all);
    expect(one!.online.model).toEqual(two!.online.model);
    expect(one!.online.filter).not.toEqual(two!.online.filter);
    expect(one!.scaler).not.toEqual(two!.scaler);
    expect(all[btc]!.model.hmm).toEqual(all[eth]!.model.hmm);
    expect(all[btc]!.metricValue).not.toBe(all[eth]!.metricValue);
  });

  it('scores every candle once that it learned from, and none that waits', () => {
    for (const { prequential, online, pool } of heads(all)) {
      const last = online.lastBar * settings.timeframeMs;
      expect(prequential!.toMs).toBe(last);
      expect(prequential!.candles).toBe((last - prequential!.fromMs) / settings.timeframeMs + 1);
      expect(pool.delivered - online.lastBar).toBe(online.pending.bars.length);
    }
  });

  it('compares with the champion on the same candles, however they came', () => {
    const champions = first;
    const atOnce = retrain(whole(900, 2000), first, champions);
    const middle = retrain({ [btc]: part(btc, 900, 1400), [eth]: part(eth, 900, 1370) }, first, champions);
    const cut = retrain({ [btc]: part(btc, 1400, 2000), [eth]: part(eth, 1370, 2000) }, middle, champions);
    for (const series of [btc, eth]) {
      expect(cut[series]!.comparison).toEqual(atOnce[series]!.comparison);
      expect(atOnce[series]!.gate.paired!.n).toBeGreaterThan(300);
      expect(atOnce[series]!.comparison!.candles).toBeGreaterThan(1000);
    }
  });

  it('judges each series of its genesis on the candles behind the fit', () => {
    for (const series of [btc, eth])
      expect(all[series]!.evaluation!.judgement).toMatchObject({ candles: 160 });
    expect(all[btc]!.evaluation).toEqual(first[btc]!.evaluation);
    expect(all[btc]!.evaluation).not.toEqual(all[eth]!.evaluation);
  });

  it('judges each series of a retrain against baselines, on the candles whose rounds were closed', () => {
    const past = whole(0, 900);
    const judged = retrain(whole(900, 1200), first, first, past);
    for (const series of [btc, eth]) {
      const { evaluation, head } = judged[series]!;
      const learned = head.prequential!.candles - first[series]!.head.prequential!.candles;
      expect(evaluation!.judgement.candles).toBe(learned);
      expect(Object.keys(evaluation!.judgement.rivals)).toContain('garch');
    }
    expect(judged[btc]!.evaluation!.judgement).not.toEqual(judged[eth]!.evaluation!.judgement);
    expect(bytes(judged)).toBe(bytes(retrain(whole(900, 1200), first, first)));
  });

  it('does not wait for a series that is behind by more than the time-out', () => {
    const waiting = retrain({ [btc]: part(btc, 900, 960) }, first);
    expect(waiting[btc]!.head.online.lastBar).toBe(first[btc]!.head.online.lastBar);
    const impatient = retrain({ [btc]: part(btc, 960, 1100) }, waiting);
    expect(impatient[btc]!.head.online.lastBar).toBeGreaterThan(first[btc]!.head.online.lastBar + 100);
    expect(impatient[eth]!.head.online.model).toEqual(impatient[btc]!.head.online.model);
  });

  it('knows heads that are one pool from heads that are not', () => {
    expect(heads(all).every(isPooled)).toBe(true);
    expect(whyNoPool(heads(all))).toBeUndefined();
    const { pool: _, ...alone } = heads(all)[0]!;
    expect(whyNoPool([alone, heads(all)[1]!])).toMatch(/MODEL_SCOPE=series/);
    expect(whyNoPool([heads(all)[0]!])).toMatch(/belongs to a pool of/);
    expect(whyNoPool([heads(all)[0]!, heads(first)[1]!])).toMatch(/not at the same state/);
  });
});
