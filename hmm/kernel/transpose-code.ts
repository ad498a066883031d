import { defineFunction, type WasmFunction } from './assembler.ts';
import { doWhile, i32, v128 } from './instructions.ts';
import { blockLength, type Layout, wordSize } from './layout.ts';

/**
 * `transpose(rows, out, end)`: rows [n][D] to columns [D][256], two frames at a time until `rows` reaches `end`. Reads
 * up to a row and a number beyond the end.
 */
export const transpose = ({ nFeatures: D }: Layout): WasmFunction =>
  defineFunction('transpose', ['i32', 'i32', 'i32'], (frame, rows, out, end) => {
    const [one, two] = frame.vectors(2);
    const column = (d: number): number => d * blockLength * wordSize;
    const pairs = Array.from({ length: Math.ceil(D / 2) }, (_, i) => [
      one!.set(v128.load(rows.get, 16 * i)),
      two!.set(v128.load(rows.get, 16 * i + D * wordSize)),
      v128.store(out.get, column(2 * i), v128.firsts(one!.get, two!.get)),
      2 * i + 1 < D ? v128.store(out.get, column(2 * i + 1), v128.seconds(one!.get, two!.get)) : [],
    ]);
    return doWhile(
      [
        pairs,
        rows.set(i32.add(rows.get, i32.const(2 * D * wordSize))),
        out.set(i32.add(out.get, i32.const(2 * wordSize))),
      ],
      i32.ltSigned(rows.get, end.get),
    );
  });
