import type { Candle } from '../exchange/exchange.ts';
import { type CandleValues, isSameCopy } from './candle-columns.ts';

export type ChangeKind = 'rewritten' | 'appeared' | 'removed';

/** One candle whose stored copy is no longer what the exchange says. */
export interface Change {
  readonly openTimeMs: number;
  readonly kind: ChangeKind;
  /** The copy that was stored; undefined: there was none. */
  readonly before?: CandleValues;
  /** What the exchange gives now; undefined: it removed the candle. */
  readonly candle?: Candle;
}

/** What an answer says about the stored candles in its range. */
export interface Differences {
  /** First and last open time of the answer. It says nothing about what lies outside; undefined: it was empty. */
  readonly cover: { readonly fromMs: number; readonly toMs: number } | undefined;
  /** Open times of the answer. */
  readonly given: readonly number[];
  /** Candles that the exchange rewrote, or gives where none was stored. */
  readonly changes: readonly Change[];
  /** Stored candles that the answer leaves out although it gives candles on both sides of them. */
  readonly missing: readonly number[];
}

const valuesOf = ([, ...cells]: Candle): CandleValues => Float64Array.from(cells, Number);

const changeOf = (candle: Candle, before: CandleValues | undefined): Change[] => {
  const [openTimeMs] = candle;
  if (before === undefined) return [{ openTimeMs, kind: 'appeared', candle }];
  if (isSameCopy(before, valuesOf(candle))) return [];
  return [{ openTimeMs, kind: 'rewritten', before, candle }];
};

/**
 * Compares an answer with the stored candles (without removed ones). Numbers are compared, not texts: `1.50` and `1.5`
 * are one price. An empty answer, or one that was cut, says nothing about the candles beyond its ends.
 */
export const differences = (
  stored: ReadonlyMap<number, CandleValues>,
  answer: readonly Candle[],
): Differences => {
  const [first, last] = [answer[0]?.[0], answer.at(-1)?.[0]];
  const given = answer.map(([openTimeMs]) => openTimeMs);
  if (first === undefined || last === undefined) return { cover: undefined, given, changes: [], missing: [] };
  const there = new Set(given);
  const missing = [...stored.keys()].filter((time) => time > first && time < last && !there.has(time));
  return {
    cover: { fromMs: first, toMs: last },
    given,
    changes: answer.flatMap((candle) => changeOf(candle, stored.get(candle[0]))),
    missing: missing.sort((one, other) => one - other),
  };
};
