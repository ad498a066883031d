/** What strategies know of the regime: probabilities by label, BULL, CHOP_1, CHOP_2 … summed by their first word. */
export const regimeFeatures = (
  probabilities: Readonly<Record<string, number>>,
): { readonly hmm_bull: number; readonly hmm_bear: number; readonly hmm_chop: number } => {
  const sum = (word: string) =>
    Object.entries(probabilities).reduce(
      (total, [label, p]) => (label.startsWith(word) ? total + p : total),
      0,
    );
  return { hmm_bull: sum('BULL'), hmm_bear: sum('BEAR'), hmm_chop: sum('CHOP') };
};
