const known = ['BULL', 'BEAR', 'CHOP'];

const placeOf = (name: string): number => {
  const at = known.indexOf(name.split('_')[0] ?? '');
  return at < 0 ? known.length : at;
};

/** Regimes always one below the other in the same order, whatever their states are called by number: bull, bear, chop, others. */
export const inOrder = (names: readonly string[]): { readonly name: string; readonly state: number }[] =>
  names
    .map((name, state) => ({ name, state }))
    .sort((a, b) => placeOf(a.name) - placeOf(b.name) || a.name.localeCompare(b.name));
