import { expect, test } from 'vitest';
import type { ChartPage } from './page/answers.ts';
import { filteredRows, furtherBack, openTime, sideBySide } from './page/chart-pages.ts';

/** Candles that open at `from`, `from + 1`, …; the filter's row of each says when it opens. */
const page = (from: number, count: number, served = true): ChartPage => {
  const times = Array.from({ length: count }, (_, i) => from + i);
  return {
    ...{ series: 's', timeframe_ms: 1, version_id: served ? 'v' : null, regimes: served ? ['A'] : [] },
    candles: times.map((at) => [at, 1, 1, 1, 1, 1]),
    probabilities: served ? times.map((at) => [at]) : [],
    ...{ forecast: [], next_before: from },
  };
};

const timesOf = (pages: readonly ChartPage[]): number[] =>
  pages.flatMap(({ candles }) => candles.map(openTime));

const times = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

test('a page that is left open goes on without a hole behind the newest candles', () => {
  let [older, last]: [readonly ChartPage[], ChartPage] = [[page(0, 10)], page(10, 10)];
  for (const from of [11, 11, 14, 23]) {
    const newest = page(from, 10);
    older = furtherBack(older, last, newest);
    last = newest;
    expect(timesOf(sideBySide(older, newest))).toEqual(times(0, from + 10));
  }
});

test('what lies behind a hole is let go, so that it is asked for again', () => {
  expect(furtherBack([page(0, 10)], page(10, 10), page(20, 10))).toEqual([]);
});

test('where nobody went back there is nothing to keep', () => {
  expect(furtherBack([], page(10, 10), page(15, 10))).toEqual([]);
});

test('no candle is shown twice', () => {
  expect(timesOf(sideBySide([page(0, 8)], page(5, 5)))).toEqual(times(0, 10));
});

test('each row of the filter stays with its candle, also behind a page that no model served', () => {
  const rows = filteredRows([page(0, 3, false), page(3, 2)]);
  expect(rows).toEqual([3, 4].map((atMs) => ({ atMs, row: [atMs] })));
});
