import type { RawRow } from './candle-rows.ts';

export interface PageSearch {
  /** Asks the exchange for rows that open at or after `sinceMs`, ascending. */
  readonly ask: (sinceMs: number) => Promise<readonly RawRow[]>;
  readonly sinceMs: number;
  readonly limit: number;
  readonly timeframeMs: number;
  /** Where the history ends: the exchange's clock, or the last open time that is wanted. */
  readonly endMs: number;
  /**
   * True for Binance: it fills a page across any gap, so a short page is the end.
   * Others answer for the window of `limit` candles after `sinceMs`, which may fall into an outage, or cut pages shorter.
   */
  readonly fillsPages: boolean;
}

const reachesEnd = (search: PageSearch, sinceMs: number, rows: readonly RawRow[]): boolean => {
  const { limit, timeframeMs, endMs, fillsPages } = search;
  if (fillsPages) return rows.length < limit;
  const last = rows.at(-1)?.[0];
  return typeof last === 'number' ? last + 2 * timeframeMs > endMs : sinceMs + limit * timeframeMs > endMs;
};

/** The next rows, however long the outage before them, and whether nothing comes after them. */
export const nextRows = async (
  search: PageSearch,
): Promise<{ rows: readonly RawRow[]; caughtUp: boolean }> => {
  for (let sinceMs = search.sinceMs; ; sinceMs += search.limit * search.timeframeMs) {
    const rows = await search.ask(sinceMs);
    const caughtUp = reachesEnd(search, sinceMs, rows);
    if (rows.length > 0 || caughtUp) return { rows, caughtUp };
  }
};
