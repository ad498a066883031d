import type { Timeframe } from '../../series.ts';
import type { Candle } from '../exchange.ts';
import { type CandleRange, type CandleSource, selectRange } from './source.ts';

/** What the exchange says of closed candles since it first gave them. */
export interface Edit {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Candles that are given instead of the source's, or where it has none. */
  readonly rewrite?: readonly Candle[];
  /** Open times of candles that are not given any more. */
  readonly remove?: readonly number[];
  /** Open times of candles that are the source's again. */
  readonly restore?: readonly number[];
}

/** Rewritten candles by open time; null: removed. */
type Edited = Map<number, Candle | null>;

const isInRange = ({ fromMs, toMs }: CandleRange, time: number): boolean => fromMs <= time && time <= toMs;

/** Asks for as many more as may fall away, so that a page is filled across a removed candle, as at Binance. */
const edited = (source: CandleSource, edits: Edited, range: CandleRange): readonly Candle[] => {
  const found = source.candles({ ...range, limit: range.limit + edits.size });
  const kept = found.filter(([openTimeMs]) => !edits.has(openTimeMs));
  const given = [...edits.values()].filter((candle) => candle !== null && isInRange(range, candle[0]));
  const candles = [...kept, ...(given as Candle[])].sort((one, other) => one[0] - other[0]);
  const [from, to] = selectRange(candles.length, (index) => (candles[index] as Candle)[0], range);
  return candles.slice(from, to);
};

/** Exchanges rewrite and remove closed candles, and deliver missing ones later: this does the same to a source. */
export const createEdits = (source: CandleSource) => {
  const bySeries = new Map<string, Edited>();
  const of = ({ symbol, timeframe }: Pick<Edit, 'symbol' | 'timeframe'>): Edited => {
    const key = `${symbol} ${timeframe}`;
    const known = bySeries.get(key) ?? new Map();
    bySeries.set(key, known);
    return known;
  };
  return {
    apply: (edit: Edit): void => {
      const edits = of(edit);
      for (const time of edit.restore ?? []) edits.delete(time);
      for (const time of edit.remove ?? []) edits.set(time, null);
      for (const candle of edit.rewrite ?? []) edits.set(candle[0], candle);
    },
    clear: (): void => bySeries.clear(),
    /** The source as the exchange gives it now. */
    source: { ...source, candles: (range) => edited(source, of(range), range) } satisfies CandleSource,
  };
};

export type CandleEdits = ReturnType<typeof createEdits>;
