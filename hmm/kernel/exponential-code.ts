import { defineFunction, type WasmFunction } from './assembler.ts';
import { type Code, doWhile, f64x2, i32, i64x2, v128 } from './instructions.ts';

/** Below this the result is 0: it would be no normal number. */
const smallestExponent = -708;

/** Adding it leaves the nearest integer in the low bits of a double. */
const roundingShift = 1.5 * 2 ** 52;

/**
 * What `exponentials` reads from `layout.constants`, each twice. ln 2 in two parts and the coefficients of fdlibm's
 * e_exp.c (Sun Microsystems 1993): r − r² P(r²) = r (eʳ + 1)/(eʳ − 1) to 2⁻⁵⁹ for |r| ≤ ½ ln 2.
 */
export const exponentialConstants: readonly number[] = [
  smallestExponent,
  Math.LOG2E,
  roundingShift,
  6.93147180369123816e-1,
  1.9082149292705877e-10,
  1.66666666666666019e-1,
  -2.77777777770155934e-3,
  6.61375632143793436e-5,
  -1.65339022054652515e-6,
  4.13813679705723846e-8,
  2,
  1,
];

/**
 * `exponentials(at, end)`: replaces the doubles from address `at` to `end` (a positive multiple of 16 bytes further)
 * by their exponentials. They must not be above 0; what is below −708 or NaN becomes 0. Error below 1 ulp.
 */
export const exponentials = (constantsAt: number): WasmFunction =>
  defineFunction('exponentials', ['i32', 'i32'], (frame, at, end) => {
    const constants = frame.vectors(exponentialConstants.length);
    const [smallest, log2e, shift, ln2High, ln2Low, p1, p2, p3, p4, p5, two, one] = constants.map(
      (constant) => constant.get,
    );
    const [x, k, high, low, r, t, c] = frame.vectors(7);
    const value = (local: typeof x): Code => local!.get;
    const horner = [p4, p3, p2, p1].reduce<Code>((sum, p) => f64x2.add(p!, f64x2.mul(value(t), sum)), p5!);
    const step: Code = [
      x!.set(v128.load(at.get, 0)),
      k!.set(f64x2.add(f64x2.mul(value(x), log2e!), shift!)),
      t!.set(f64x2.sub(value(k), shift!)),
      high!.set(f64x2.sub(value(x), f64x2.mul(value(t), ln2High!))),
      low!.set(f64x2.mul(value(t), ln2Low!)),
      r!.set(f64x2.sub(value(high), value(low))),
      t!.set(f64x2.mul(value(r), value(r))),
      c!.set(f64x2.sub(value(r), f64x2.mul(value(t), horner))),
      c!.set(f64x2.div(f64x2.mul(value(r), value(c)), f64x2.sub(two!, value(c)))),
      c!.set(f64x2.sub(one!, f64x2.sub(f64x2.sub(value(low), value(c)), value(high)))),
      v128.store(
        at.get,
        0,
        v128.and(i64x2.add(value(c), i64x2.shl(value(k), i32.const(52))), f64x2.gt(value(x), smallest!)),
      ),
      at.set(i32.add(at.get, i32.const(16))),
    ];
    return [
      constants.map((constant, i) => constant.set(v128.load(i32.const(0), constantsAt + 16 * i))),
      doWhile(step, i32.ltSigned(at.get, end.get)),
    ];
  });
