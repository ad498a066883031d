import { prepareEmissions } from '../emissions.ts';
import type { Hmm } from '../model.ts';
import type { Shape } from '../plain-e-step.ts';
import { exponentialConstants } from './exponential-code.ts';
import { type Layout, wordSize } from './layout.ts';
import { kernelFor } from './module.ts';
import { momentPrefix } from './statistics-code.ts';
import { stateCode } from './viterbi-code.ts';
import { Instance, Memory } from './web-assembly.ts';

/** 1/c above this: the frame is left to the plain path. Products of three such stay normal numbers. */
const largestRatio = 1e90;

const pageSize = 65536;

type KernelFunction = (...values: number[]) => number;

/** A kernel with memory of its own: parameters and scratch of one block, then the heap. */
export interface Arena {
  readonly layout: Layout;
  readonly functions: Readonly<Record<string, KernelFunction>>;
  /** Those of the functions that add moments. */
  readonly momentChunks: readonly KernelFunction[];
  /** The whole memory; index = address / 8. */
  readonly doubles: Float64Array;
  /** Takes so many doubles of the heap; returns the address. */
  allocate(doubles: number): number;
  /** Gives the whole heap back. */
  reset(): void;
  /** Sets the parameters of the following calls. Throws `InvalidModel` as `prepareEmissions` does. */
  load(model: Hmm, centre: Float64Array): void;
  /** The same with logarithms of the transitions, for the Viterbi recursion. */
  loadLogarithms(model: Hmm, logTransition: Float64Array): void;
}

/** Room for `heapSize` doubles on the heap. */
export const createArena = (shape: Shape, heapSize: number): Arena => {
  const { layout, module } = kernelFor(shape);
  const bytes = layout.heap + heapSize * wordSize;
  const memory = new Memory({ initial: Math.ceil(bytes / pageSize) });
  const { exports: functions } = new Instance(module, { env: { memory } });
  const doubles = new Float64Array(memory.buffer);
  writeConstants(doubles, layout);
  let free = layout.heap;
  return {
    layout,
    functions,
    momentChunks: Object.keys(functions)
      .filter((name) => name.startsWith(momentPrefix))
      .map((name) => functions[name]!),
    doubles,
    allocate(count) {
      const at = free;
      free += count * wordSize;
      return at;
    },
    reset() {
      free = layout.heap;
    },
    load(model, centre) {
      writeEmissions(doubles, layout, model);
      writeTransitions(doubles, layout, model.transition, 0);
      const at = layout.centre / wordSize;
      centre.forEach((value, d) => doubles.fill(value, at + 2 * d, at + 2 * d + 2));
    },
    loadLogarithms(model, logTransition) {
      writeEmissions(doubles, layout, model);
      writeTransitions(doubles, layout, logTransition, -Infinity);
    },
  };
};

const kept = new Map<Layout, WeakRef<Arena>>();

/**
 * An arena for one call: the one of the last such call with this code, unless it was collected or is too small. Fresh
 * memory costs 2 µs a page, which is more than some of the work done in it. What it holds is left from before.
 */
export const borrowArena = (shape: Shape, heapSize: number): Arena => {
  const { layout } = kernelFor(shape);
  const known = kept.get(layout)?.deref();
  if (known && known.doubles.length * wordSize - layout.heap >= heapSize * wordSize) {
    known.reset();
    return known;
  }
  const arena = createArena(shape, heapSize);
  kept.set(layout, new WeakRef(arena));
  return arena;
};

const writeConstants = (doubles: Float64Array, layout: Layout): void => {
  const twice = (at: number, value: number): void => {
    doubles.fill(value, at / wordSize, at / wordSize + 2);
  };
  twice(layout.one, 1);
  twice(layout.half, 0.5);
  twice(layout.ratioLimit, largestRatio);
  new BigUint64Array(doubles.buffer).fill(
    (1n << 52n) - 1n,
    layout.mantissaMask / wordSize,
    layout.mantissaMask / wordSize + 2,
  );
  const codes = new BigInt64Array(doubles.buffer);
  for (let k = 0; k < layout.paddedStates; k++) {
    const at = layout.stateCodes / wordSize + 2 * k;
    codes.fill(BigInt(stateCode(k, layout)), at, at + 2);
  }
  exponentialConstants.forEach((value, i) => twice(layout.exponential + 2 * i * wordSize, value));
};

/** Means, factors and norm of each state, each twice, as `logEmissions` reads them; the odd one out has density 0. */
const writeEmissions = (doubles: Float64Array, layout: Layout, model: Hmm): void => {
  const { nFeatures: D, emissionSize, paddedStates, nStates } = layout;
  const { means, factors, logNorms, isDiagonal } = prepareEmissions(model);
  const values = new Float64Array(emissionSize);
  for (let k = 0; k < paddedStates; k++) {
    values.fill(0);
    if (k < nStates) {
      values.set(means.subarray(k * D, (k + 1) * D));
      if (isDiagonal) values.set(factors.subarray(k * D, (k + 1) * D), D);
      else writeTriangle(values, D, factors.subarray(k * D * D, (k + 1) * D * D), D);
    }
    values[emissionSize - 1] = logNorms[k] ?? -Infinity;
    const at = layout.emissions / wordSize + 2 * k * emissionSize;
    values.forEach((value, i) => doubles.fill(value, at + 2 * i, at + 2 * i + 2));
  }
};

/** The rows of the lower triangle. */
const writeTriangle = (doubles: Float64Array, at: number, matrix: Float64Array, D: number): void => {
  let next = at;
  for (let i = 0; i < D; i++) for (let j = 0; j <= i; j++) doubles[next++] = matrix[i * D + j]!;
};

const writeTransitions = (
  doubles: Float64Array,
  layout: Layout,
  transition: Float64Array,
  absent: number,
): void => {
  const { nStates: K, paddedStates: P } = layout;
  const straight = layout.transition / wordSize;
  const transposed = layout.transposed / wordSize;
  for (let j = 0; j < P; j++) {
    for (let k = 0; k < P; k++) {
      const value = j < K && k < K ? transition[j * K + k]! : absent;
      doubles[straight + j * P + k] = value;
      doubles[transposed + k * P + j] = value;
    }
  }
};
