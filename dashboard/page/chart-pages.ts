import type { ChartPage } from './answers.ts';

type Candle = ChartPage['candles'][number];

/** Epoch ms. */
export const openTime = ([at = 0]: Candle): number => at;

const headOf = (page: ChartPage, count: number): ChartPage => ({
  ...page,
  candles: page.candles.slice(0, count),
  probabilities: page.probabilities.slice(0, count),
});

const firstTime = ({ candles }: ChartPage): number => openTime(candles[0] ?? []);

const countBefore = ({ candles }: ChartPage, timeMs: number): number =>
  candles.filter((candle) => openTime(candle) < timeMs).length;

/**
 * The pages further back, once `newest` is in the place of `last`: with what it pushed out, so that there is no hole between.
 * None of them when the two do not touch (the page slept): they are asked for again.
 */
export const furtherBack = (
  older: readonly ChartPage[],
  last: ChartPage,
  newest: ChartPage,
): readonly ChartPage[] => {
  const pushedOut = countBefore(last, firstTime(newest));
  if (older.length === 0 || pushedOut === 0) return older;
  return pushedOut === last.candles.length ? [] : [...older, headOf(last, pushedOut)];
};

/** Oldest first, none of a candle twice. */
export const sideBySide = (older: readonly ChartPage[], newest: ChartPage): readonly ChartPage[] => [
  ...older.map((page) => headOf(page, countBefore(page, firstTime(newest)))),
  newest,
];

/** What the filter made of each candle; a page that no model serves has none. */
export const filteredRows = (pages: readonly ChartPage[]) =>
  pages.flatMap(({ candles, probabilities }) =>
    probabilities.map((row, i) => ({ atMs: openTime(candles[i] ?? []), row })),
  );
