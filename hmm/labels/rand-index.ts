/**
 * The adjusted Rand index of two labellings of the same items (Hubert & Arabie 1985, J. Classification 2, eq. 5):
 * 1 where they cut alike, whatever the labels are called; 0 on average by chance. Two labellings that put all in one
 * label, or each item in one of its own, agree (1). Throws `RangeError` when lengths differ.
 */
export const adjustedRandIndex = (one: ArrayLike<number>, other: ArrayLike<number>): number => {
  if (one.length !== other.length)
    throw new RangeError(`${one.length} labels cannot be compared with ${other.length}`);
  const [rows, columns, cells] = [
    new Map<number, number>(),
    new Map<number, number>(),
    new Map<string, number>(),
  ];
  for (let i = 0; i < one.length; i++) {
    count(rows, one[i]!);
    count(columns, other[i]!);
    count(cells, `${one[i]} ${other[i]}`);
  }
  const together = pairs(cells.values());
  const [inOne, inOther] = [pairs(rows.values()), pairs(columns.values())];
  const all = choose2(one.length);
  const expected = all > 0 ? (inOne * inOther) / all : 0;
  const most = 0.5 * (inOne + inOther);
  return most === expected ? 1 : (together - expected) / (most - expected);
};

const count = <Key>(counts: Map<Key, number>, key: Key): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

const choose2 = (n: number): number => 0.5 * n * (n - 1);

const pairs = (counts: Iterable<number>): number => {
  let sum = 0;
  for (const n of counts) sum += choose2(n);
  return sum;
};
