import { anchor } from './anchor.ts';
import { defineFunction, type Local, type WasmFunction } from './assembler.ts';
import { type Code, doWhile, f64x2, i32, v128 } from './instructions.ts';
import { blockLength, type Layout, wordSize } from './layout.ts';

const featureStride = blockLength * wordSize;

/** Vectors of two frames that are done side by side: they share the loads of parameters and wait less for each other. */
const vectorsAtOnce = 2;

/** Frames that `logEmissions` does at a time. */
export const framesAtOnce = 2 * vectorsAtOnce;

/**
 * `logEmissions(rows, parameters, out, end)`: ln b of two states for a block of rows. `rows` is laid out [D][256],
 * `parameters` points to the first of the two states, `out` to that state in the first frame of [n][P]. Some frames
 * are done at a time until `out` reaches `end`, so up to three frames more may be written. Every sum is in the order
 * of emissions.ts, so the bits are the same.
 */
export const logEmissions = (layout: Layout): WasmFunction =>
  defineFunction('logEmissions', ['i32', 'i32', 'i32', 'i32'], (frame, rows, parameters, out, end) => {
    const { emissionSize, paddedStates: P, nFeatures: D } = layout;
    const parameter = frame.local('v128');
    const [first, second] = [frame.vectors(vectorsAtOnce), frame.vectors(vectorsAtOnce)];
    const differences = Array.from({ length: layout.isDiagonal ? 1 : D }, () => frame.vectors(vectorsAtOnce));
    const density = layout.isDiagonal ? diagonal : triangular;
    const state = (index: number, sums: readonly Local[]): Code =>
      density({
        nFeatures: D,
        x: (d, v) => v128.load(rows.get, d * featureStride + 16 * v),
        parameter,
        load: (i) => parameter.set(v128.load(parameters.get, 16 * (index * emissionSize + i))),
        half: v128.load(i32.const(0), layout.half),
        differences,
        anchor: (value) => anchor(layout, value),
        sums,
      });
    return doWhile(
      [
        state(0, first),
        state(1, second),
        first.map((one, v) => [
          v128.store(out.get, 2 * v * P * wordSize, v128.firsts(one.get, second[v]!.get)),
          v128.store(out.get, (2 * v + 1) * P * wordSize, v128.seconds(one.get, second[v]!.get)),
        ]),
        advance(rows, framesAtOnce * wordSize),
        advance(out, framesAtOnce * P * wordSize),
      ],
      i32.ltSigned(out.get, end.get),
    );
  });

interface StateWork {
  readonly nFeatures: number;
  /** Feature d of the frames of vector v. */
  readonly x: (d: number, v: number) => Code;
  /** What `load` loaded. */
  readonly parameter: Local;
  readonly load: (index: number) => Code;
  readonly half: Code;
  /** Scratch [D or 1][vectors]. */
  readonly differences: readonly (readonly Local[])[];
  readonly anchor: (value: Code) => Code;
  /** Σ z² of each vector, at the end ln b. */
  readonly sums: readonly Local[];
}

/** norm − ½ Σ ((x − μ)/σ)² */
const diagonal = (work: StateWork): Code => {
  const { nFeatures: D, x, parameter, load, differences, anchor } = work;
  const z = differences[0]!;
  return [
    Array.from({ length: D }, (_, d) => [
      load(d),
      z.map((local, v) => local.set(f64x2.sub(x(d, v), parameter.get))),
      load(D + d),
      z.map((local) => local.set(f64x2.mul(local.get, parameter.get))),
      z.map((local, v) => addSquare(work.sums[v]!, local, d === 0)),
      d % 4 === 3 ? work.sums.map((sum) => anchor(sum.get)) : [],
    ]),
    finish(work, 2 * D),
  ];
};

/** norm − ½ |L⁻¹ (x − μ)|² by forward substitution with the lower Cholesky factor L, its diagonal inverted. */
const triangular = (work: StateWork): Code => {
  const { nFeatures: D, x, parameter, load, differences, anchor } = work;
  let at = D;
  const rows = differences.map((z, i) => [
    load(i),
    z.map((local, v) => local.set(f64x2.sub(x(i, v), parameter.get))),
    differences
      .slice(0, i)
      .map((other) => [
        load(at++),
        z.map((local, v) => local.set(f64x2.sub(local.get, f64x2.mul(parameter.get, other[v]!.get)))),
      ]),
    load(at++),
    z.map((local) => local.set(f64x2.mul(local.get, parameter.get))),
    z.map((local) => anchor(local.get)),
    z.map((local, v) => addSquare(work.sums[v]!, local, i === 0)),
  ]);
  return [rows, finish(work, at)];
};

const addSquare = (sum: Local, z: Local, isFirst: boolean): Code => {
  const square = f64x2.mul(z.get, z.get);
  return sum.set(isFirst ? square : f64x2.add(sum.get, square));
};

const finish = ({ load, parameter, half, sums }: StateWork, normAt: number): Code => [
  load(normAt),
  sums.map((sum) => sum.set(f64x2.sub(parameter.get, f64x2.mul(half, sum.get)))),
];

/**
 * `centreRows(rows, end)`: a block of rows [D][256] less the centre, to `layout.centred`, row by row; `end` is where
 * the first feature ends. Two frames are done at a time.
 */
export const centreRows = (layout: Layout): WasmFunction =>
  defineFunction('centreRows', ['i32', 'i32'], (frame, rows, end) => {
    const { nFeatures: D, pairedFeatures } = layout;
    const [one, two] = frame.vectors(2);
    const out = frame.local('i32');
    const centred = (d: number): Code =>
      f64x2.sub(v128.load(rows.get, d * featureStride), v128.load(i32.const(0), layout.centre + 16 * d));
    const pairs = Array.from({ length: pairedFeatures / 2 }, (_, i) => [
      one!.set(centred(2 * i)),
      two!.set(centred(Math.min(2 * i + 1, D - 1))),
      v128.store(out.get, 16 * i, v128.firsts(one!.get, two!.get)),
      v128.store(out.get, 16 * i + pairedFeatures * wordSize, v128.seconds(one!.get, two!.get)),
    ]);
    return [
      out.set(i32.const(layout.centred)),
      doWhile(
        [pairs, advance(rows, 2 * wordSize), advance(out, 2 * pairedFeatures * wordSize)],
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
