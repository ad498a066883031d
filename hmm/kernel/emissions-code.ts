import { defineFunction, type Local, type WasmFunction } from './assembler.ts';
import { type Code, doWhile, f64x2, i32, v128 } from './instructions.ts';
import { blockLength, type Layout, wordSize } from './layout.ts';

const featureStride = blockLength * wordSize;

/**
 * `logEmissions(rows, parameters, out, end)`: ln b of two states for a block of rows. `rows` is laid out [D][256],
 * `parameters` points to the first of the two states, `out` to that state in the first frame of [n][P]. Two frames are
 * done at a time until `out` reaches `end`, so an odd last frame writes one frame more. Every sum is in the order of
 * emissions.ts, so the bits are the same.
 */
export const logEmissions = (layout: Layout): WasmFunction =>
  defineFunction('logEmissions', ['i32', 'i32', 'i32', 'i32'], (frame, rows, parameters, out, end) => {
    const { emissionSize, paddedStates: P } = layout;
    const x = frame.vectors(layout.nFeatures);
    const density = layout.isDiagonal ? diagonal : triangular;
    const scratch = frame.vectors(layout.nFeatures + 1);
    const [first, second, half] = frame.vectors(3);
    const state = (index: number, result: Local): Code =>
      density(
        x,
        scratch,
        result,
        (i) => v128.loadSplat(parameters.get, (index * emissionSize + i) * wordSize),
        half!.get,
      );
    const steps = doWhile(
      [
        x.map((feature, d) => feature.set(v128.load(rows.get, d * featureStride))),
        state(0, first!),
        state(1, second!),
        v128.store(out.get, 0, v128.firsts(first!.get, second!.get)),
        v128.store(out.get, P * wordSize, v128.seconds(first!.get, second!.get)),
        rows.set(i32.add(rows.get, i32.const(2 * wordSize))),
        out.set(i32.add(out.get, i32.const(2 * P * wordSize))),
      ],
      i32.ltSigned(out.get, end.get),
    );
    return [half!.set(v128.load(i32.const(0), layout.half)), steps];
  });

type Parameter = (index: number) => Code;

/** norm − ½ Σ ((x − μ)/σ)² */
const diagonal = (
  x: readonly Local[],
  [z, sum]: Local[],
  result: Local,
  parameter: Parameter,
  half: Code,
): Code => {
  const D = x.length;
  const terms = x.map((feature, d) => [
    z!.set(f64x2.mul(f64x2.sub(feature.get, parameter(d)), parameter(D + d))),
    sum!.set(d === 0 ? f64x2.mul(z!.get, z!.get) : f64x2.add(sum!.get, f64x2.mul(z!.get, z!.get))),
  ]);
  return [terms, result.set(f64x2.sub(parameter(2 * D), f64x2.mul(half, sum!.get)))];
};

/** Forward substitution with the lower Cholesky factor, its diagonal inverted: norm − ½ |L⁻¹ (x − μ)|². */
const triangular = (
  x: readonly Local[],
  scratch: Local[],
  result: Local,
  parameter: Parameter,
  half: Code,
): Code => {
  const D = x.length;
  const sum = scratch[D]!;
  let at = D;
  const terms = x.map((feature, i) => {
    const z = scratch[i]!;
    let value = f64x2.sub(feature.get, parameter(i));
    for (let j = 0; j < i; j++) value = f64x2.sub(value, f64x2.mul(parameter(at++), scratch[j]!.get));
    const square = f64x2.mul(z.get, z.get);
    return [z.set(f64x2.mul(value, parameter(at++))), sum.set(i === 0 ? square : f64x2.add(sum.get, square))];
  });
  return [terms, result.set(f64x2.sub(parameter(at), f64x2.mul(half, sum.get)))];
};

/**
 * `centreRows(rows, end)`: a block of rows [D][256] less the centre, to `layout.centred`; `end` is where the first
 * feature ends.
 */
export const centreRows = (layout: Layout): WasmFunction =>
  defineFunction('centreRows', ['i32', 'i32'], (frame, rows, end) => {
    const centre = frame.vectors(layout.nFeatures);
    const out = frame.local('i32');
    return [
      out.set(i32.const(layout.centred)),
      centre.map((c, d) => c.set(v128.loadSplat(i32.const(0), layout.centre + d * wordSize))),
      doWhile(
        [
          centre.map((c, d) => {
            const at = d * featureStride;
            return v128.store(out.get, at, f64x2.sub(v128.load(rows.get, at), c.get));
          }),
          advance(rows, 2 * wordSize),
          advance(out, 2 * wordSize),
        ],
        i32.ltSigned(rows.get, end.get),
      ),
    ];
  });

const advance = (address: Local, bytes: number): Code => address.set(i32.add(address.get, i32.const(bytes)));

/**
 * `subtractLargest(at, end) → Σ largest`: in each frame of [n][P], less the largest value, so that the exponentials
 * neither underflow all nor overflow.
 */
export const subtractLargest = ({ paddedStates: P }: Layout): WasmFunction =>
  defineFunction(
    'subtractLargest',
    ['i32', 'i32'],
    (frame, at, end) => {
      const values = frame.vectors(P / 2);
      const [largest, sum] = frame.vectors(2);
      const all = values.map((value) => value.get).reduce((a, b) => f64x2.pseudoMax(a, b));
      return [
        doWhile(
          [
            values.map((value, i) => value.set(v128.load(at.get, 16 * i))),
            largest!.set(all),
            largest!.set(f64x2.pseudoMax(largest!.get, v128.swap(largest!.get))),
            values.map((value, i) => v128.store(at.get, 16 * i, f64x2.sub(value.get, largest!.get))),
            sum!.set(f64x2.add(sum!.get, largest!.get)),
            advance(at, P * wordSize),
          ],
          i32.ltSigned(at.get, end.get),
        ),
        f64x2.extractFirst(sum!.get),
      ];
    },
    'f64',
  );
