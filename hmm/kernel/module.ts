import type { Shape } from '../plain-e-step.ts';
import { assemble, type WasmFunction } from './assembler.ts';
import { centreRows, logEmissions, subtractLargest } from './emissions-code.ts';
import { exponentials } from './exponential-code.ts';
import { type Layout, layoutOf } from './layout.ts';
import { logProduct } from './log-product-code.ts';
import { firstPass, secondPass } from './recursion-code.ts';
import { momentFunctions, transitions } from './statistics-code.ts';
import { transpose } from './transpose-code.ts';
import { climb, walkBack } from './viterbi-code.ts';
import { Module, type WasmModule } from './web-assembly.ts';

/** The code for one shape of model; parameters are read from memory, so that it serves all models of that shape. */
interface Kernel {
  readonly layout: Layout;
  readonly module: WasmModule;
}

const kernels = new Map<string, Kernel>();

/** Assembled and compiled once in a thread for each shape. */
export const kernelFor = (shape: Shape): Kernel => {
  const layout = layoutOf(shape);
  const key = `${layout.nStates},${layout.nFeatures},${layout.isDiagonal}`;
  const known = kernels.get(key);
  if (known) return known;
  const kernel = { layout, module: new Module(assemble(functionsFor(layout))) };
  kernels.set(key, kernel);
  return kernel;
};

const functionsFor = (layout: Layout): WasmFunction[] => [
  transpose(layout),
  logEmissions(layout),
  centreRows(layout),
  subtractLargest(layout),
  exponentials(layout.exponential),
  firstPass(layout, 'forward'),
  firstPass(layout, 'backward'),
  secondPass(layout, 'forward'),
  secondPass(layout, 'backward'),
  logProduct(layout),
  ...momentFunctions(layout),
  transitions(layout),
  climb(layout),
  walkBack(layout),
];
