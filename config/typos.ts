/** Damerau–Levenshtein (optimal string alignment): insertions, deletions, substitutions, swaps of neighbours. */
export const editDistance = (a: string, b: string): number => {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let j = 1; j <= b.length; j += 1) rows[0]?.push(j);
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const change = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : change;
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, change, swapped));
    }
  }
  return at(a.length, b.length);
};

/** Short names lie close to innocent ones (HOST and HOME, PORT and PATH), so only case may differ there. */
const tolerance = (name: string): number => (name.length < 6 ? 0 : name.length < 9 ? 1 : 2);

/** The known name that `name` most likely stands for, or undefined when none is close. */
export const closestName = (name: string, known: readonly string[]): string | undefined =>
  known
    .map((candidate) => ({ candidate, distance: editDistance(name.toUpperCase(), candidate) }))
    .filter(({ candidate, distance }) => distance <= tolerance(candidate))
    .sort((left, right) => left.distance - right.distance)[0]?.candidate;
