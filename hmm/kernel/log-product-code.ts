import { defineFunction, type WasmFunction } from './assembler.ts';
import { doWhile, f64, f64x2, i32, i64x2, v128 } from './instructions.ts';
import type { Layout } from './layout.ts';

/**
 * `logProduct(at, end) → 1 or 0`: the product of the positive doubles from `at` to `end` (an even number, at most 256)
 * as mantissa · 2^(exponent − 1023 n), to `layout.logProduct`; one logarithm a block, then. 0: one of them is not
 * below the limit of `layout.ratioLimit`, or not a number.
 */
export const logProduct = (layout: Layout): WasmFunction =>
  defineFunction(
    'logProduct',
    ['i32', 'i32'],
    (frame, at, end) => {
      const [value, product, exponents, fine, limit, one, mantissa] = frame.vectors(7);
      const swapped = v128.swap(product!.get);
      return [
        limit!.set(v128.load(i32.const(0), layout.ratioLimit)),
        one!.set(v128.load(i32.const(0), layout.one)),
        mantissa!.set(v128.load(i32.const(0), layout.mantissaMask)),
        product!.set(one!.get),
        fine!.set(f64x2.eq(one!.get, one!.get)),
        doWhile(
          [
            value!.set(v128.load(at.get, 0)),
            fine!.set(v128.and(fine!.get, f64x2.lt(value!.get, limit!.get))),
            exponents!.set(i64x2.add(exponents!.get, i64x2.shrUnsigned(value!.get, i32.const(52)))),
            product!.set(f64x2.mul(product!.get, v128.or(v128.and(value!.get, mantissa!.get), one!.get))),
            at.set(i32.add(at.get, i32.const(16))),
          ],
          i32.ltSigned(at.get, end.get),
        ),
        v128.store(i32.const(0), layout.logProduct, f64x2.mul(product!.get, swapped)),
        f64.store(
          i32.const(0),
          layout.logProduct + 8,
          f64.add(
            f64.fromInteger(i64x2.extractFirst(exponents!.get)),
            f64.fromInteger(i64x2.extractSecond(exponents!.get)),
          ),
        ),
        i64x2.allTrue(fine!.get),
      ];
    },
    'i32',
  );
