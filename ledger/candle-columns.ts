/** Candles as columns of equal length, ascending by open time, no open time twice. */
export interface CandleColumns {
  /** Epoch ms. */
  readonly openTimeMs: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/** The values of a candle, in the order of the CSV: open, high, low, close, volume. */
export type CandleValues = Float64Array;

/** What a tombstone holds instead: NaN, which no candle has. */
export const removedValues = (): CandleValues => new Float64Array(5).fill(Number.NaN);

/** Whether these are a tombstone's: the exchange removed the candle. */
export const isRemoved = (values: CandleValues): boolean => Number.isNaN(values[0]);

/** The same of both, tombstones included. */
export const isSameCopy = (one: CandleValues, other: CandleValues): boolean =>
  one.every((value, i) => Object.is(value, other[i]));

/** Candles by open time without those that the exchange removed. Only what is merged already may be asked for this. */
export const withoutRemoved = (candles: ReadonlyMap<number, CandleValues>): Map<number, CandleValues> =>
  new Map([...candles].filter(([, values]) => !isRemoved(values)));

/** Turns candles by open time into columns. */
export const toColumns = (candles: ReadonlyMap<number, CandleValues>): CandleColumns => {
  const openTimeMs = Float64Array.from(candles.keys()).sort();
  const rows = Array.from(openTimeMs, (time) => candles.get(time) as CandleValues);
  const column = (at: number) => Float64Array.from(rows, (row) => row[at] as number);
  return {
    openTimeMs,
    open: column(0),
    high: column(1),
    low: column(2),
    close: column(3),
    volume: column(4),
  };
};

/** The candles whose open time is wanted. */
export const pickColumns = (
  columns: CandleColumns,
  isWanted: (openTimeMs: number) => boolean,
): CandleColumns => {
  const wanted = Array.from(columns.openTimeMs, isWanted);
  const pick = (values: Float64Array): Float64Array => values.filter((_, i) => wanted[i]);
  return {
    openTimeMs: pick(columns.openTimeMs),
    open: pick(columns.open),
    high: pick(columns.high),
    low: pick(columns.low),
    close: pick(columns.close),
    volume: pick(columns.volume),
  };
};

/** The candles from index `from` on, up to but without index `to`. */
export const sliceColumns = (columns: CandleColumns, from: number, to?: number): CandleColumns => ({
  openTimeMs: columns.openTimeMs.slice(from, to),
  open: columns.open.slice(from, to),
  high: columns.high.slice(from, to),
  low: columns.low.slice(from, to),
  close: columns.close.slice(from, to),
  volume: columns.volume.slice(from, to),
});
