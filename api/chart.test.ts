import { describe, expect, it } from 'vitest';
import { candleFeatures } from '../features/candle-features.ts';
import { filterRows } from '../hmm/filter.ts';
import { scaleRows } from '../hmm/scaler.ts';
import { sliceColumns } from '../ledger/candle-columns.ts';
import type { SeriesModel } from '../registry/model-file.ts';
import { btc, candlesOf, hourMs, seriesModelOf } from './app.fixture.ts';
import { chartPage, leadCandles } from './chart.ts';

const K = 4;
const count = 3_000;
const all = candlesOf(count);

/** A stay of two hundred candles on average: the filter forgets slowly. */
const sticky = (): SeriesModel => {
  const model = seriesModelOf(K);
  const stay = 0.995;
  const transitionMatrix = Array.from({ length: K }, (_, i) =>
    Array.from({ length: K }, (_unused, j) => (i === j ? stay : (1 - stay) / (K - 1))),
  );
  return { ...model, hmm: { ...model.hmm, transitionMatrix } };
};

/** The filter over everything, as the mathematics says it. */
const wholeFilter = ({ hmm, scaler }: SeriesModel, columns = all): number[][] => {
  const { rows, sequenceStarts } = candleFeatures(columns, { timeframeMs: hourMs });
  const { filtered } = filterRows(hmm, scaleRows(scaler, rows), sequenceStarts);
  return Array.from({ length: filtered.length / K }, (_, t) =>
    Array.from(filtered.slice(t * K, (t + 1) * K)),
  );
};

const page = (model: SeriesModel, to: number, limit: number, columns = all) =>
  chartPage(btc, sliceColumns(columns, Math.max(0, to - limit - leadCandles), to), {
    model,
    versionId: 'v1',
    limit,
    isNewest: to === count,
  });

const worstDifference = (
  one: readonly (readonly number[])[],
  other: readonly (readonly number[])[],
): number =>
  Math.max(
    ...one.map((row, t) => Math.max(...row.map((p, k) => Math.abs(p - (other[t]?.[k] ?? Number.NaN))))),
  );

describe.each([
  ['that forgets at once', seriesModelOf(K)],
  ['that stays', sticky()],
])('the chart of a model %s', (_, model) => {
  it('shows of each candle what was known with it: without the future it says the same', () => {
    const whole = page(model, count, 1_000);
    for (const cut of [1, 3, 250, 900]) {
      const before = page(model, count - cut, 1_000 - cut);
      expect(before.candles).toEqual(whole.candles.slice(0, 1_000 - cut));
      expect(before.probabilities).toEqual(whole.probabilities.slice(0, 1_000 - cut));
    }
  });

  it('is not moved by other candles that come later', () => {
    const other = { ...all, close: all.close.map((price, t) => (t >= 2_500 ? price * 1.02 : price)) };
    other.high = all.high.map((high, t) => Math.max(high, other.close[t]!));
    const [one, two] = [page(model, count, 1_000), page(model, count, 1_000, other)];
    expect(two.probabilities.slice(0, 500)).toEqual(one.probabilities.slice(0, 500));
    expect(two.probabilities.slice(500)).not.toEqual(one.probabilities.slice(500));
  });

  it('forecasts the newest filtered probabilities times the transitions to the power of the step', () => {
    let ahead = wholeFilter(model).at(-1)!;
    const { forecast } = page(model, count, 1_000);
    expect(forecast).toHaveLength(24);
    for (const shown of forecast) {
      ahead = ahead.map((_unused, j) =>
        ahead.reduce((sum, p, i) => sum + p * model.hmm.transitionMatrix[i]![j]!, 0),
      );
      expect(worstDifference([shown], [ahead])).toBeLessThan(1e-4);
    }
    expect(page(model, 2_000, 1_000).forecast).toEqual([]);
  });

  it.each([600, 1_500, 2_200, count])('a page that ends at candle %i is the filter over everything', (to) => {
    const limit = 300;
    const { probabilities } = page(model, to, limit);
    expect(probabilities).toHaveLength(limit);
    expect(worstDifference(probabilities, wholeFilter(model).slice(to - limit, to))).toBeLessThan(1e-4);
  });
});
