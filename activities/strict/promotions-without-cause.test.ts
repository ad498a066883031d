import { describe, expect, it } from 'vitest';
import { type CandleColumns, sliceColumns } from '../../ledger/candle-columns.ts';
import { createRandom } from '../../numerics/random.ts';
import { continueComparison } from './comparison.ts';
import { type StrictTraining, trainStrictModel } from './train-strict-model.ts';

const minute = 60_000;
const startMs = 1_700_000_040_000;

/** A market of one regime that never changes: nothing is there to be learned that a champion does not know. */
const oneRegime = (candles: number, seed: number): CandleColumns => {
  const random = createRandom(seed);
  const column = () => new Float64Array(candles);
  const columns = {
    openTimeMs: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
  let price = 100;
  for (let t = 0; t < candles; t++) {
    const path = Array.from({ length: 9 }, (_, i) =>
      i === 0 ? price : (price *= Math.exp(0.00035 * random.normal())),
    );
    columns.openTimeMs[t] = startMs + t * minute;
    columns.open[t] = path[0]!;
    columns.high[t] = Math.max(...path);
    columns.low[t] = Math.min(...path);
    columns.close[t] = price;
    columns.volume[t] = 10 * Math.exp(0.5 * random.normal());
  }
  return columns;
};

/** Genesis on 2000 candles, then a retrain every 360 as RETRAIN_CRON makes them; what passes becomes champion. */
const retrains = (columns: CandleColumns, promotions: (candles: number) => void): number => {
  let last: StrictTraining | undefined;
  let champion: StrictTraining['model'] | undefined;
  let [count, look] = [0, 0];
  for (let from = 0, to = 2000; to <= columns.openTimeMs.length; from = to, to += 360) {
    const before = last && { head: last.head, ...(last.comparison && { comparison: last.comparison }) };
    const job = {
      ...{ lineage: 'one', series: 'binance:BTC/USDT:1m', columns: sliceColumns(columns, from, to) },
      ...{
        timeframeMs: minute,
        nStates: 4,
        covarianceType: 'full' as const,
        seed: 42,
        restarts: 2,
        minPoints: 2000,
      },
      gate: { alpha: 0.05, minDelta: 0, minCandles: 500, look: look + 1 },
      ...before,
      ...(champion && { champion }),
    } as const;
    last = trainStrictModel(job, () => {});
    if (champion) count += 1;
    if (champion && last.gate.decision !== 'insufficient') look += 1;
    if (champion && last.gate.decision === 'pass') promotions(to);
    if (!champion || last.gate.decision === 'pass') [champion, look] = [last.model, 0];
  }
  return count;
};

describe('data in which nothing changes', () => {
  it('promotes in fewer than one of twenty retrains', () => {
    const promoted: number[] = [];
    let count = 0;
    for (let seed = 1; seed <= 8; seed++)
      count += retrains(oneRegime(10_000, seed), (at) => promoted.push(at));
    expect(count).toBe(176);
    expect(promoted.length / count).toBeLessThan(0.05);
  });
});

describe('the comparison with the champion', () => {
  const columns = oneRegime(2400, 3);
  const { model, head } = trainStrictModel(
    {
      ...{ lineage: 'one', series: 'binance:BTC/USDT:1m', columns, timeframeMs: minute, nStates: 2 },
      ...{ covarianceType: 'diag' as const, seed: 42, restarts: 1, minPoints: 2000 },
      gate: { alpha: 0.05, minDelta: 0, minCandles: 500, look: 1 },
    },
    () => {},
  );
  const lastMs = head.trainedRanges.at(-1)!.toMs;

  /** `n` rows behind the champion's training, of which the head says what its random generator says. */
  const rowsBehind = (n: number) => {
    const random = createRandom(5);
    return {
      openTimeMs: Float64Array.from({ length: n }, (_, i) => lastMs + (i + 1) * minute),
      rows: Float64Array.from({ length: n * 4 }, (_, i) => model.scaler.mean[i % 4]! + 0.1 * random.normal()),
      head: Float64Array.from({ length: n }, () => random.normal()),
      timeframeMs: minute,
    };
  };

  it('stays bounded: blocks double when there are more than 4096, and no candle is lost', () => {
    const scored = rowsBehind(20_000);
    const comparison = continueComparison(undefined, model, scored);
    expect(comparison.blockLength).toBe(8);
    expect(comparison.blocks.length).toBeLessThanOrEqual(4096);
    expect(comparison.blocks.length * 8 + comparison.open.candles).toBe(20_000);
    const sum = comparison.blocks.reduce((a, b) => a + b, comparison.open.sum);
    expect(sum).toBeCloseTo(comparison.headSum - comparison.championSum, 6);
    expect(JSON.stringify(comparison).length).toBeLessThan(100_000);
  });

  it('is the same record however the candles are cut', () => {
    const scored = rowsBehind(9_000);
    const whole = continueComparison(undefined, model, scored);
    let part: typeof whole | undefined;
    for (const [from, to] of [
      [0, 1],
      [1, 4096],
      [4096, 4097],
      [4097, 9_000],
    ] as const) {
      const { openTimeMs, rows, head: said, timeframeMs } = scored;
      const piece = { rows: rows.subarray(from * 4, to * 4), head: said.subarray(from, to), timeframeMs };
      part = continueComparison(part, model, { openTimeMs: openTimeMs.subarray(from, to), ...piece });
    }
    expect(part).toEqual(whole);
  });

  it('counts no candle that the champion was trained on', () => {
    const { openTimeMs, ...scored } = rowsBehind(100);
    const earlier = openTimeMs.map((time) => time - 60 * minute);
    expect(continueComparison(undefined, model, { openTimeMs: earlier, ...scored }).candles).toBe(40);
  });
});
