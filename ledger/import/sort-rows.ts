import { type Series, seriesKey, timeframesMs } from '../../series.ts';
import type { CandleLine } from '../candle-csv.ts';
import type { Gap } from '../gaps.ts';

export interface KeptRow {
  readonly openTimeMs: number;
  /** Of the file that it stood in. */
  readonly line: number;
  readonly text: string;
}

export interface Sorted {
  /** Ascending, each open time once. */
  readonly candles: readonly CandleLine[];
  /** The line that each candle stood in. */
  readonly lines: readonly number[];
  /** Rows that repeat another one, and those that another copy of the same candle stands below of. */
  readonly duplicates: { readonly exact: number; readonly conflicting: number };
  /** Rows that open before the row above them. */
  readonly outOfOrder: number;
  /** Candles that are missing between the first and the last. */
  readonly gaps: readonly Gap[];
}

const countOutOfOrder = (rows: readonly KeptRow[]): number =>
  rows.reduce((total, row, at) => total + (at > 0 && row.openTimeMs < rows[at - 1]!.openTimeMs ? 1 : 0), 0);

/** Of several rows of a candle the one that stands last: a feed that repeats a candle has more of its trades by then. */
const latest = (ordered: readonly KeptRow[]) => {
  const kept: KeptRow[] = [];
  const duplicates = { exact: 0, conflicting: 0 };
  for (const row of ordered) {
    const last = kept.at(-1);
    if (last?.openTimeMs !== row.openTimeMs) {
      kept.push(row);
      continue;
    }
    if (last.text === row.text) duplicates.exact += 1;
    else duplicates.conflicting += 1;
    kept[kept.length - 1] = row;
  }
  return { kept, duplicates };
};

/** The spans without a candle between the first and the last of ascending open times. */
export const gapsBetween = (candles: readonly CandleLine[], series: Series): Gap[] => {
  const stepMs = timeframesMs[series.timeframe];
  return candles.flatMap(({ openTimeMs }, at) => {
    const expected = at === 0 ? openTimeMs : candles[at - 1]!.openTimeMs + stepMs;
    if (openTimeMs === expected) return [];
    const missing = (openTimeMs - expected) / stepMs;
    return [{ series: seriesKey(series), fromMs: expected, toMs: openTimeMs - stepMs, missing }];
  });
};

export const sortRows = (rows: readonly KeptRow[], series: Series): Sorted => {
  const outOfOrder = countOutOfOrder(rows);
  const ordered =
    outOfOrder === 0 ? rows : rows.toSorted((a, b) => a.openTimeMs - b.openTimeMs || a.line - b.line);
  const { kept, duplicates } = latest(ordered);
  const candles = kept.map(({ openTimeMs, text }) => ({ openTimeMs, line: text }));
  const lines = kept.map(({ line }) => line);
  return { candles, lines, duplicates, outOfOrder, gaps: gapsBetween(candles, series) };
};
