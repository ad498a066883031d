/**
 * Minimises a function of a few numbers without derivatives (Nelder & Mead 1965, with the dimension-dependent coefficients
 * of Gao & Han 2012). No randomness: the same function and start give the same bits. Values that are not finite count
 * as worst. Stops when the simplex's values lie within `tolerance`, or after `evaluations`.
 */
export const minimise = (
  f: (x: readonly number[]) => number,
  start: readonly number[],
  { step = 0.5, tolerance = 1e-10, evaluations = 600 } = {},
): { readonly x: readonly number[]; readonly value: number } => {
  const n = start.length;
  const [expansion, contraction, shrinkage] = [1 + 2 / n, 0.75 - 1 / (2 * n), 1 - 1 / n];
  let spent = 0;
  const at = (x: readonly number[]): Vertex => {
    spent++;
    const value = f(x);
    return { x, value: Number.isFinite(value) ? value : Infinity };
  };
  const simplex = [at(start), ...start.map((_, i) => at(start.map((v, j) => (i === j ? v + step : v))))];
  while (spent < evaluations) {
    simplex.sort((a, b) => a.value - b.value);
    const [best, worst] = [simplex[0]!, simplex[n]!];
    if (worst.value - best.value <= tolerance * (1 + Math.abs(best.value))) break;
    const centre = start.map((_, d) => simplex.slice(0, n).reduce((sum, { x }) => sum + x[d]! / n, 0));
    const along = (by: number): Vertex => at(centre.map((c, d) => c + by * (c - worst.x[d]!)));
    const next = move(simplex, along, expansion, contraction);
    if (next) simplex[n] = next;
    else shrink(simplex, at, shrinkage);
  }
  simplex.sort((a, b) => a.value - b.value);
  return simplex[0]!;
};

interface Vertex {
  readonly x: readonly number[];
  readonly value: number;
}

/** The vertex that takes the worst one's place; undefined: none is better. */
const move = (
  simplex: readonly Vertex[],
  along: (by: number) => Vertex,
  expansion: number,
  contraction: number,
): Vertex | undefined => {
  const worst = simplex.at(-1)!;
  const reflected = along(1);
  if (reflected.value < simplex[0]!.value) {
    const expanded = along(expansion);
    return expanded.value < reflected.value ? expanded : reflected;
  }
  if (reflected.value < simplex.at(-2)!.value) return reflected;
  const contracted = along(reflected.value < worst.value ? contraction : -contraction);
  return contracted.value < Math.min(reflected.value, worst.value) ? contracted : undefined;
};

const shrink = (simplex: Vertex[], at: (x: readonly number[]) => Vertex, by: number): void => {
  const [best] = simplex;
  for (let i = 1; i < simplex.length; i++)
    simplex[i] = at(simplex[i]!.x.map((v, d) => best!.x[d]! + by * (v - best!.x[d]!)));
};
