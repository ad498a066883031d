import type { StateMeaning } from './meaning.ts';

type Word = 'BULL' | 'BEAR' | 'CHOP';

/** Standard errors from 0 at which a drift is taken for real … */
const clear = 3;
/** … and beyond 0 on the wrong side at which a state that had a direction has lost it. */
const turned = 2;

export interface NamedStates {
  /** [K], no two alike; the first word is BULL, BEAR or CHOP. */
  readonly names: readonly string[];
  /** [K] The state had another name before. */
  readonly renamed: readonly boolean[];
}

/**
 * Names from what the states mean; the order of the states plays no part. `before` [K]: the name of the state that each
 * one continues, if any.
 *
 * Words: a drift of at least 3 standard errors is BULL or BEAR; else a state keeps its word, but for a BULL or BEAR whose
 * drift has turned (2 standard errors beyond 0): that one, and a new state, is CHOP. With two states or more there is
 * always a BULL and a BEAR: where no drift says so, the CHOP with the highest or the lowest one.
 * Numbers: a state that keeps its word keeps its name. The strongest drift of a direction is plain BULL or BEAR when no
 * state kept that name; the others, by rising volatility, take the free numbers: BULL_2 …, CHOP_1 … (one alone: CHOP).
 */
export const nameStates = (
  meanings: readonly StateMeaning[],
  before: readonly (string | undefined)[] = [],
): NamedStates => {
  const words = wordsOf(meanings, before);
  const names = meanings.map(() => '');
  for (const word of ['BULL', 'BEAR', 'CHOP'] as const) {
    const group = byVolatility(meanings).filter((k) => words[k] === word);
    const kept = group.filter((k) => wordOf(before[k]) === word);
    for (const k of kept) names[k] = before[k]!;
    const bearer = word === 'CHOP' ? undefined : plainBearer(group, names, meanings, word);
    if (bearer !== undefined) names[bearer] = word;
    const others = group.filter((k) => !kept.includes(k) && k !== bearer);
    number(others, names, word, group.length === 1);
  }
  return { names, renamed: names.map((name, k) => before[k] !== undefined && before[k] !== name) };
};

const wordOf = (name: string | undefined): string | undefined => name?.split('_')[0];

const wordsOf = (meanings: readonly StateMeaning[], before: readonly (string | undefined)[]): Word[] => {
  const words = meanings.map(({ drift }, k) => word(drift, wordOf(before[k])));
  if (words.length > 1) {
    demand(words, 'BULL', byDrift(meanings).reverse());
    demand(words, 'BEAR', byDrift(meanings));
  }
  return words;
};

const word = (drift: number, before: string | undefined): Word => {
  if (Math.abs(drift) >= clear) return drift > 0 ? 'BULL' : 'BEAR';
  if (before === 'BULL' && drift > -turned) return before;
  if (before === 'BEAR' && drift < turned) return before;
  return 'CHOP';
};

/** `order`: the states, the likeliest bearer first. Without a CHOP, all have the other direction, and one gives it up. */
const demand = (words: Word[], wanted: Word, order: readonly number[]): void => {
  if (words.includes(wanted)) return;
  words[order.find((k) => words[k] === 'CHOP') ?? order[0]!] = wanted;
};

/** The state that is to be called by the word alone; undefined: one has kept that name, or there is none. */
const plainBearer = (
  group: readonly number[],
  names: readonly string[],
  meanings: readonly StateMeaning[],
  word: Word,
): number | undefined => {
  if (group.some((k) => names[k] === word)) return undefined;
  const ascending = byDrift(meanings).filter((k) => group.includes(k));
  return word === 'BULL' ? ascending.at(-1) : ascending[0];
};

const number = (states: readonly number[], names: string[], word: Word, isAlone: boolean): void => {
  const taken = new Set(names);
  const isTaken = (n: number): boolean => taken.has(`${word}_${n}`) || (n === 1 && taken.has(word));
  let n = 1;
  for (const k of states) {
    while (isTaken(n)) n++;
    names[k] = isAlone ? word : `${word}_${n}`;
    taken.add(names[k]!);
  }
};

/** Ties by the other measure: two states with the same meaning are the same to a reader. */
const byVolatility = (meanings: readonly StateMeaning[]): number[] =>
  sorted(meanings, (a, b) => a.volatility - b.volatility || a.drift - b.drift);

const byDrift = (meanings: readonly StateMeaning[]): number[] =>
  sorted(meanings, (a, b) => a.drift - b.drift || a.volatility - b.volatility);

const sorted = (
  meanings: readonly StateMeaning[],
  compare: (a: StateMeaning, b: StateMeaning) => number,
): number[] => meanings.map((_, k) => k).sort((i, j) => compare(meanings[i]!, meanings[j]!));
