import { defineFunction, type Local, type WasmFunction } from './assembler.ts';
import { type Code, doWhile, f64x2, i32, i64x2, v128 } from './instructions.ts';
import { type Layout, wordSize } from './layout.ts';

const move = (address: Local, bytes: number): Code => address.set(i32.add(address.get, i32.const(bytes)));

/**
 * `climb(at, count)`: `at` [·][P] points to log-emissions, the frame before to the lattice; they become the lattice:
 * δₜ(k) = maxⱼ (δₜ₋₁(j) + ln aⱼₖ) + ln bₖ. `layout.transition` holds ln A.
 */
export const climb = (layout: Layout): WasmFunction =>
  defineFunction('climb', ['i32', 'i32'], (frame, at, count) => {
    const { paddedStates: P } = layout;
    const delta = frame.vectors(P / 2);
    const next = frame.vectors(P / 2);
    const logA = (row: number, vector: number): Code =>
      v128.load(i32.const(0), layout.transition + (row * P + 2 * vector) * wordSize);
    const best = (vector: number): Code =>
      largest(
        delta.flatMap(({ get }, i) => [
          f64x2.add(v128.splatFirst(get), logA(2 * i, vector)),
          f64x2.add(v128.splatSecond(get), logA(2 * i + 1, vector)),
        ]),
      );
    return [
      delta.map((local, i) => local.set(v128.load(i32.sub(at.get, i32.const(P * wordSize)), 16 * i))),
      doWhile(
        [
          next.map((local, i) => local.set(f64x2.add(best(i), v128.load(at.get, 16 * i)))),
          delta.map((local, i) => [local.set(next[i]!.get), v128.store(at.get, 16 * i, local.get)]),
          move(at, P * wordSize),
          count.set(i32.sub(count.get, i32.const(1))),
        ],
        count.get,
      ),
    ];
  });

const largest = (values: readonly Code[]): Code => {
  if (values.length === 1) return values[0]!;
  const middle = Math.ceil(values.length / 2);
  return f64x2.pseudoMax(largest(values.slice(0, middle)), largest(values.slice(middle)));
};

/**
 * `walkBack(at, path, state, count) → state`: from `state` of the frame after the one at `at`, backwards through the
 * lattice; of equals the highest state is taken. Writes 32-bit states to `path`; `layout.transposed` holds (ln A)ᵀ.
 */
export const walkBack = (layout: Layout): WasmFunction =>
  defineFunction(
    'walkBack',
    ['i32', 'i32', 'i32', 'i32'],
    (frame, at, path, state, count) => {
      const { paddedStates: P } = layout;
      const values = frame.vectors(P / 2);
      const [best] = frame.vectors(1);
      const row = frame.local('i32');
      const equal = (i: number): Code =>
        i32.shl(i64x2.bitmask(f64x2.eq(values[i]!.get, best!.get)), i32.const(2 * i));
      return [
        doWhile(
          [
            row.set(i32.mul(state.get, i32.const(P * wordSize))),
            values.map((local, i) =>
              local.set(f64x2.add(v128.load(at.get, 16 * i), v128.load(row.get, layout.transposed + 16 * i))),
            ),
            best!.set(largest(values.map((local) => local.get))),
            best!.set(f64x2.pseudoMax(best!.get, v128.swap(best!.get))),
            state.set(
              i32.sub(i32.const(31), i32.clz(values.map((_, i) => equal(i)).reduce((a, b) => i32.or(a, b)))),
            ),
            i32.store(path.get, 0, state.get),
            move(at, -P * wordSize),
            move(path, -4),
            count.set(i32.sub(count.get, i32.const(1))),
          ],
          count.get,
        ),
        state.get,
      ];
    },
    'i32',
  );
