import { defineFunction, type Local, type WasmFunction } from './assembler.ts';
import { type Code, doWhile, f64x2, i32, v128 } from './instructions.ts';
import { type Layout, wordSize } from './layout.ts';

/** More sums at a time than this would not stay in the 16 registers of x86-64. */
const mostSums = 13;

/** One sum of γ (…): its place among the moments of a state, and the features that are multiplied. */
interface Moment {
  readonly at: number;
  readonly features: readonly number[];
}

/** Weight, sums, then products: of each feature with itself, or the lower triangle row by row. */
export const momentsOf = ({ nFeatures: D, isDiagonal }: Layout): Moment[] => {
  const features = Array.from({ length: D }, (_, i) => i);
  const products = features.flatMap((i) =>
    isDiagonal ? [[i, i]] : features.slice(0, i + 1).map((j) => [i, j]),
  );
  const all = [[], ...features.map((i) => [i]), ...products];
  return all.map((pair, at) => ({ at, features: pair }));
};

/** Moments in groups that share γ xᵢ and fit the registers. */
const chunksOf = (layout: Layout): Moment[][] => {
  const moments = momentsOf(layout);
  const byFeature = Array.from({ length: layout.nFeatures }, (_, i) =>
    moments.filter(({ features }) => features[0] === i),
  );
  const chunks: Moment[][] = [[moments[0]!]];
  for (const group of byFeature) {
    if (chunks.at(-1)!.length + group.length <= mostSums) chunks.at(-1)!.push(...group);
    else chunks.push([...group]);
  }
  return chunks;
};

/** How the names of the functions begin that add moments; all of them are to be called. */
export const momentPrefix = 'moments';

export const momentFunctions = (layout: Layout): WasmFunction[] =>
  chunksOf(layout).map((chunk, index) => momentChunk(layout, chunk, `${momentPrefix}${index}`));

/**
 * `moments…(gamma, rows, out, end)`: adds Σₜ γₜ(k) yᵢ yⱼ of two states, one in each lane, to `out` [momentCount]
 * vectors; y are the rows about the centre, [256][E]; `gamma` [·][P] points to the first of the two states.
 */
const momentChunk = (layout: Layout, chunk: readonly Moment[], name: string): WasmFunction =>
  defineFunction(name, ['i32', 'i32', 'i32', 'i32'], (frame, gamma, rows, out, end) => {
    const sums = chunk.map(() => frame.local('v128'));
    const [g, gx, pair] = frame.vectors(3);
    const y = new Map<number, Local>();
    for (const d of chunk.flatMap(({ features }) => features)) if (!y.has(d)) y.set(d, frame.local('v128'));
    const add = (sum: Local, value: Code): Code => sum.set(f64x2.add(sum.get, value));
    const addMoment = ({ features: [i, j] }: Moment, sum: Local): Code => {
      if (i === undefined) return add(sum, g!.get);
      if (j === undefined) return [gx!.set(f64x2.mul(g!.get, y.get(i)!.get)), add(sum, gx!.get)];
      return add(sum, f64x2.mul(gx!.get, y.get(j)!.get));
    };
    return [
      chunk.map(({ at }, i) => sums[i]!.set(v128.load(out.get, 16 * at))),
      doWhile(
        [
          g!.set(v128.load(gamma.get, 0)),
          loadFeatures(rows, y, pair!),
          chunk.map((moment, i) => addMoment(moment, sums[i]!)),
          gamma.set(i32.add(gamma.get, i32.const(layout.paddedStates * wordSize))),
          rows.set(i32.add(rows.get, i32.const(layout.pairedFeatures * wordSize))),
        ],
        i32.ltSigned(rows.get, end.get),
      ),
      chunk.map(({ at }, i) => v128.store(out.get, 16 * at, sums[i]!.get)),
    ];
  });

/** Sets each feature in both lanes, from pairs that lie side by side. */
const loadFeatures = (rows: Local, y: ReadonlyMap<number, Local>, pair: Local): Code =>
  [...new Set([...y.keys()].map((d) => Math.floor(d / 2)))].map((i) => [
    pair.set(v128.load(rows.get, 16 * i)),
    y.get(2 * i)?.set(v128.splatFirst(pair.get)) ?? [],
    y.get(2 * i + 1)?.set(v128.splatSecond(pair.get)) ?? [],
  ]);

/** How many rows j of the products a call of `transitions` does: as many as fit the registers, all in equal calls. */
export const transitionTile = ({ paddedStates: P }: Layout): number => {
  let rows = Math.min(P, Math.floor(24 / P) || 1);
  while (P % rows !== 0) rows--;
  return rows;
};

/** `transitions(left, right, out, end)`: adds Σₜ leftⱼ(t) rightₖ(t) to `out` [rows][P]; `left` and `right` are [·][P]. */
export const transitions = (layout: Layout): WasmFunction =>
  defineFunction('transitions', ['i32', 'i32', 'i32', 'i32'], (frame, left, right, out, end) => {
    const { paddedStates: P } = layout;
    const half = P / 2;
    const sums = Array.from({ length: transitionTile(layout) }, () => frame.vectors(half));
    const values = frame.vectors(half);
    const [weight, pair] = frame.vectors(2);
    const place = (j: number, i: number): number => (j * P + 2 * i) * wordSize;
    const each = (what: (sum: Local, j: number, i: number) => Code): Code =>
      sums.map((row, j) => row.map((sum, i) => what(sum, j, i)));
    return [
      each((sum, j, i) => sum.set(v128.load(out.get, place(j, i)))),
      doWhile(
        [
          values.map((value, i) => value.set(v128.load(right.get, 16 * i))),
          sums.map((row, j) => [
            j % 2 === 0 ? pair!.set(v128.load(left.get, j * wordSize)) : [],
            weight!.set(j % 2 === 0 ? v128.splatFirst(pair!.get) : v128.splatSecond(pair!.get)),
            row.map((sum, i) => sum.set(f64x2.add(sum.get, f64x2.mul(weight!.get, values[i]!.get)))),
          ]),
          left.set(i32.add(left.get, i32.const(P * wordSize))),
          right.set(i32.add(right.get, i32.const(P * wordSize))),
        ],
        i32.ltSigned(left.get, end.get),
      ),
      each((sum, j, i) => v128.store(out.get, place(j, i), sum.get)),
    ];
  });
