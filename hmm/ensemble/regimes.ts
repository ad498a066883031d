/** The regime that a state's name begins with: BULL, CHOP_2 and BULL-1 are BULL, CHOP and BULL. */
export const regimeOf = (name: string): string => /^[A-Za-z]+/.exec(name)?.[0] ?? name;

/** A member's filtered probabilities, its weight and the names of its states, all in the same order. */
export interface Opinion {
  readonly weight: number;
  /** [K] */
  readonly filtered: ArrayLike<number>;
  /** [K] */
  readonly names: readonly string[];
}

/**
 * P(regime now) of the mixture: members have different numbers of states, so what they share is the first word of a
 * name. Regimes in the order in which they are first met.
 */
export const averageRegimes = (opinions: readonly Opinion[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const { weight, filtered, names } of opinions) {
    names.forEach((name, k) => {
      const regime = regimeOf(name);
      sums[regime] = (sums[regime] ?? 0) + weight * filtered[k]!;
    });
  }
  return sums;
};
