import { anchor } from './anchor.ts';
import { defineFunction, type Frame, type Local, type WasmFunction } from './assembler.ts';
import { type Code, doWhile, f64x2, i32, v128 } from './instructions.ts';
import { type Layout, wordSize } from './layout.ts';

/**
 * The recursions u ← (u M) ∘ b of both directions: forward M = A, u = α; backward M = Aᵀ, u = b ∘ β (Rabiner 1989,
 * §III.A and V.A). A frame would wait for the division by its own sum, so it is scaled by what the sum two frames
 * before asked for: σₜ = 1/cₜ₋₂, and Sₜ = Σ uₜ = cₜ cₜ₋₁ stays near 1. Then 1/cₜ = Sₜ₋₁ σₜ / Sₜ, without waiting.
 */
type Direction = 'forward' | 'backward';

interface Scaling {
  readonly start: Code;
  /** bₜ is multiplied by it. */
  readonly scale: Code;
  /** Takes S of this frame, leaves 1/S in `inverse` and 1/c in `ratio`. */
  next(sum: Code): Code;
  readonly inverse: Code;
  readonly ratio: Code;
}

/** In the second pass the sum is of the frame before it is scaled: `delay` takes the scale of one frame earlier. */
const createScaling = (frame: Frame, layout: Layout, delay: boolean): Scaling => {
  const [one, before, scale, following, sum, inverse, ratio, earlier] = frame.vectors(8);
  const applied = delay ? earlier! : scale!;
  return {
    start: [
      one!.set(v128.load(i32.const(0), layout.one)),
      [before, scale, following, earlier].map((local) => local!.set(one!.get)),
    ],
    scale: scale!.get,
    next: (value) => [
      sum!.set(value),
      inverse!.set(f64x2.div(one!.get, sum!.get)),
      ratio!.set(f64x2.mul(f64x2.mul(before!.get, applied.get), inverse!.get)),
      before!.set(sum!.get),
      delay ? earlier!.set(scale!.get) : [],
      scale!.set(following!.get),
      following!.set(ratio!.get),
    ],
    inverse: inverse!.get,
    ratio: ratio!.get,
  };
};

/** u M, vector by vector; `matrix` [P·P] is row-major. */
const product = (
  u: readonly Local[],
  matrix: (row: number, vector: number) => Code,
  vector: number,
): Code => {
  const terms = u.flatMap(({ get }, i) => [
    f64x2.mul(v128.splatFirst(get), matrix(2 * i, vector)),
    f64x2.mul(v128.splatSecond(get), matrix(2 * i + 1, vector)),
  ]);
  return pairwise(terms);
};

/** The sum as a balanced tree: the recursion waits for it. */
const pairwise = (terms: readonly Code[]): Code => {
  if (terms.length === 1) return terms[0]!;
  const middle = Math.ceil(terms.length / 2);
  return f64x2.add(pairwise(terms.slice(0, middle)), pairwise(terms.slice(middle)));
};

/** In both lanes. */
const sumOfAll = (values: readonly Code[], scratch: Local): Code => [
  scratch.set(pairwise(values)),
  f64x2.add(scratch.get, v128.swap(scratch.get)),
];

const matrixOf = (frame: Frame, layout: Layout, direction: Direction) => {
  const { paddedStates: P } = layout;
  const base = direction === 'forward' ? layout.transition : layout.transposed;
  const load = (row: number, vector: number): Code =>
    v128.load(i32.const(0), base + (row * P + 2 * vector) * wordSize);
  if (P > 4) return { isHeld: false, start: [], element: load };
  const held = Array.from({ length: P }, () => frame.vectors(P / 2));
  return {
    isHeld: true,
    start: held.map((row, j) => row.map((local, i) => local.set(load(j, i)))),
    element: (row: number, vector: number): Code => held[row]![vector]!.get,
  };
};

const strideOf = ({ paddedStates: P }: Layout, direction: Direction): number =>
  (direction === 'forward' ? 1 : -1) * P * wordSize;

const move = (address: Local, bytes: number): Code => address.set(i32.add(address.get, i32.const(bytes)));

/**
 * `forwardFirst(b, out, totals, count)` and `backwardFirst`: `b` and `out` [·][P] point to the first frame to be done,
 * the frame before it in `out` holds a u whose sum is 1. Writes u, each frame scaled to Σ u = 1, and 1/c to `totals`.
 */
export const firstPass = (layout: Layout, direction: Direction): WasmFunction =>
  defineFunction(`${direction}First`, ['i32', 'i32', 'i32', 'i32'], (frame, b, out, totals, count) => {
    const stride = strideOf(layout, direction);
    const half = layout.paddedStates / 2;
    const scaling = createScaling(frame, layout, false);
    const matrix = matrixOf(frame, layout, direction);
    const [u, next] = [frame.vectors(half), frame.vectors(half)];
    const [scratch] = frame.vectors(1);
    return [
      scaling.start,
      matrix.start,
      u.map((local, i) => local.set(v128.load(i32.sub(out.get, i32.const(stride)), 16 * i))),
      doWhile(
        [
          next.map((local, i) => [
            local.set(
              f64x2.mul(product(u, matrix.element, i), f64x2.mul(v128.load(b.get, 16 * i), scaling.scale)),
            ),
            matrix.isHeld ? [] : anchor(layout, local.get),
          ]),
          u.map((local, i) => local.set(next[i]!.get)),
          scaling.next(
            sumOfAll(
              u.map((local) => local.get),
              scratch!,
            ),
          ),
          u.map((local, i) => v128.store(out.get, 16 * i, f64x2.mul(local.get, scaling.inverse))),
          v128.storeFirst(totals.get, 0, scaling.ratio),
          move(b, stride),
          move(out, stride),
          move(totals, stride > 0 ? wordSize : -wordSize),
          count.set(i32.sub(count.get, i32.const(1))),
        ],
        count.get,
      ),
    ];
  });

/**
 * `backwardSecond(b, partner, gamma, count)` and `forwardSecond`: the other direction, meeting what the first
 * pass left in `partner` [·][P]. With v = u M: γ = partner ∘ v / G, G = Σ partner ∘ v. The frame before the first in
 * `b` holds u. Writes γ, and over b of the frame before u / G, so that Σ partnerⱼ uₖ / G are the
 * expected transitions without aⱼₖ; the last frame of `b` is left holding its u for the block that follows.
 */
export const secondPass = (layout: Layout, direction: Direction): WasmFunction =>
  defineFunction(`${direction}Second`, ['i32', 'i32', 'i32', 'i32'], (frame, b, partner, gamma, count) => {
    const stride = strideOf(layout, direction);
    const half = layout.paddedStates / 2;
    const scaling = createScaling(frame, layout, true);
    const matrix = matrixOf(frame, layout, direction);
    const [u, v, meeting] = [frame.vectors(half), frame.vectors(half), frame.vectors(half)];
    const [scratch] = frame.vectors(1);
    const before = frame.local('i32');
    return [
      scaling.start,
      matrix.start,
      before.set(i32.sub(b.get, i32.const(stride))),
      u.map((local, i) => local.set(v128.load(before.get, 16 * i))),
      doWhile(
        [
          v.map((local, i) => [
            local.set(product(u, matrix.element, i)),
            matrix.isHeld ? [] : anchor(layout, local.get),
          ]),
          meeting.map((local, i) => local.set(f64x2.mul(v128.load(partner.get, 16 * i), v[i]!.get))),
          v.map((local, i) =>
            local.set(f64x2.mul(local.get, f64x2.mul(v128.load(b.get, 16 * i), scaling.scale))),
          ),
          scaling.next(
            sumOfAll(
              meeting.map((local) => local.get),
              scratch!,
            ),
          ),
          meeting.map((local, i) => v128.store(gamma.get, 16 * i, f64x2.mul(local.get, scaling.inverse))),
          u.map((local, i) => [
            v128.store(before.get, 16 * i, f64x2.mul(local.get, scaling.inverse)),
            local.set(v[i]!.get),
          ]),
          before.set(b.get),
          move(b, stride),
          move(partner, stride),
          move(gamma, stride),
          count.set(i32.sub(count.get, i32.const(1))),
        ],
        count.get,
      ),
      u.map((local, i) => v128.store(before.get, 16 * i, f64x2.mul(local.get, scaling.inverse))),
    ];
  });
