import { anchor } from './anchor.ts';
import { defineFunction, type Frame, type Local, type WasmFunction } from './assembler.ts';
import { type Code, doWhile, f64x2, i32, i64, i64x2, v128 } from './instructions.ts';
import { type Layout, wordSize } from './layout.ts';

const move = (address: Local, bytes: number): Code => address.set(i32.add(address.get, i32.const(bytes)));

/** Bits of a pointer: there are 16 states at most, so that the pointers of a frame are one 64-bit word. */
const pointerBits = 4;

/** Bytes of the pointers of one frame; a word is written at a time, the next frame overwrites what is too much. */
export const pointerStride = ({ paddedStates: P }: Layout): number => P / 2;

/** Where the pointer of a state is in the word, and so by which number the pointers mean it: even states come first. */
export const stateCode = (state: number, { paddedStates: P }: Pick<Layout, 'paddedStates'>): number =>
  (state % 2) * (P / 2) + Math.floor(state / 2);

/**
 * `climb(logB, pointers, count)`: δₜ(k) = maxⱼ (δₜ₋₁(j) + ln aⱼₖ) + ln bₖ over frames of `logB` [·][P], δ kept in
 * `layout.delta`; writes which j it was, of equals the highest. `layout.transition` holds ln A.
 */
export const climb = (layout: Layout): WasmFunction =>
  defineFunction('climb', ['i32', 'i32', 'i32'], (frame, logB, pointers, count) => {
    const half = layout.paddedStates / 2;
    const [delta, next] = [frame.vectors(half), frame.vectors(half)];
    const [word] = frame.vectors(1);
    return [
      delta.map((local, i) => local.set(v128.load(i32.const(0), layout.delta + 16 * i))),
      doWhile(
        [
          next.map((local, i) => {
            const best = tournament(frame, layout, delta, i, 0, layout.paddedStates);
            const shifted = i64x2.shl(best.state, i32.const(pointerBits * i));
            return [
              best.code,
              word!.set(i === 0 ? shifted : v128.or(word!.get, shifted)),
              local.set(f64x2.add(best.value, v128.load(logB.get, 16 * i))),
              anchor(layout, local.get),
              anchor(layout, word!.get),
            ];
          }),
          delta.map((local, i) => local.set(next[i]!.get)),
          word!.set(v128.or(word!.get, i64x2.shl(v128.swap(word!.get), i32.const(pointerBits * half)))),
          v128.storeFirst(pointers.get, 0, word!.get),
          move(logB, layout.paddedStates * wordSize),
          move(pointers, pointerStride(layout)),
          count.set(i32.sub(count.get, i32.const(1))),
        ],
        count.get,
      ),
      delta.map((local, i) => v128.store(i32.const(0), layout.delta + 16 * i, local.get)),
    ];
  });

interface Best {
  /** To be run before the other two are read. */
  readonly code: Code;
  readonly value: Code;
  readonly state: Code;
}

/** The best of the states [from, to) before two states (the lanes of a vector), as a balanced tree. */
const tournament = (
  frame: Frame,
  layout: Layout,
  delta: readonly Local[],
  vector: number,
  from: number,
  to: number,
): Best => {
  const value = frame.local('v128');
  if (to - from === 1) {
    const { get } = delta[Math.floor(from / 2)]!;
    const logA = v128.load(
      i32.const(0),
      layout.transition + (from * layout.paddedStates + 2 * vector) * wordSize,
    );
    return {
      code: value.set(f64x2.add(from % 2 ? v128.splatSecond(get) : v128.splatFirst(get), logA)),
      value: value.get,
      state: v128.load(i32.const(0), layout.stateCodes + 16 * from),
    };
  }
  const middle = Math.ceil((from + to) / 2);
  const low = tournament(frame, layout, delta, vector, from, middle);
  const high = tournament(frame, layout, delta, vector, middle, to);
  const state = frame.local('v128');
  return {
    code: [
      low.code,
      high.code,
      state.set(v128.select(high.state, low.state, f64x2.ge(high.value, low.value))),
      value.set(f64x2.pseudoMax(low.value, high.value)),
    ],
    value: value.get,
    state: state.get,
  };
};

/**
 * `walkBack(pointers, path, code, count)`: from the state meant by `code` in the frame of `pointers`, back through
 * `count` frames; writes the states before, 32 bits each, downwards from `path`.
 */
export const walkBack = (layout: Layout): WasmFunction =>
  defineFunction('walkBack', ['i32', 'i32', 'i32', 'i32'], (frame, pointers, path, code, count) => {
    const half = layout.paddedStates / 2;
    const shift = i64.fromI32(i32.shl(code.get, i32.const(2)));
    const isOdd = i32.geSigned(code.get, i32.const(half));
    return doWhile(
      [
        code.set(
          i64.toI32(
            i64.and(i64.shrUnsigned(i64.load(pointers.get, 0), shift), i64.const(2 ** pointerBits - 1)),
          ),
        ),
        i32.store(
          path.get,
          0,
          i32.add(i32.sub(i32.shl(code.get, i32.const(1)), i32.mul(isOdd, i32.const(2 * half))), isOdd),
        ),
        move(pointers, -pointerStride(layout)),
        move(path, -4),
        count.set(i32.sub(count.get, i32.const(1))),
      ],
      count.get,
    );
  });
