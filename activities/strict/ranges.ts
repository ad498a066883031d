import type { OpenTimeRange } from '../../registry/model-file.ts';

export interface Run extends OpenTimeRange {
  readonly candles: number;
}

/** Ascending open times as maximal runs without a missing candle, so that a run holds each candle between its ends. */
export const runsOf = (openTimesMs: Iterable<number>, timeframeMs: number): Run[] => {
  const runs: { fromMs: number; toMs: number; candles: number }[] = [];
  for (const time of openTimesMs) {
    const last = runs.at(-1);
    if (last && time === last.toMs + timeframeMs) {
      last.toMs = time;
      last.candles++;
    } else runs.push({ fromMs: time, toMs: time, candles: 1 });
  }
  return runs;
};

/** Ranges with `later` behind them; one that continues the last is joined to it. */
export const appendRanges = (
  ranges: readonly OpenTimeRange[],
  later: readonly OpenTimeRange[],
  timeframeMs: number,
): OpenTimeRange[] => {
  const result = [...ranges];
  for (const { fromMs, toMs } of later) {
    const last = result.at(-1);
    if (last && fromMs === last.toMs + timeframeMs) result[result.length - 1] = { fromMs: last.fromMs, toMs };
    else result.push({ fromMs, toMs });
  }
  return result;
};

export const isInside = (ranges: readonly OpenTimeRange[], timeMs: number): boolean =>
  ranges.some(({ fromMs, toMs }) => fromMs <= timeMs && timeMs <= toMs);
