import type { KernelOption } from '../kernel/limits.ts';
import { initialModel, observationsOf, type ReferenceCase } from './case.ts';
import { checkFit } from './check-fit.ts';
import { checkStart } from './check-start.ts';
import { type CaseComparison, type Comparison, createComparison } from './comparison.ts';

/** The kernels that every case must pass. */
const kernels = ['plain', 'wasm'] as const;

/** Runs one case through the library, by both kernels, and adds what differs to `comparison`. */
export const checkCase = (file: string, reference: ReferenceCase, comparison: Comparison): void => {
  for (const kernel of kernels) {
    checkBy({ kernel }, reference, createComparison(file, kernel, comparison));
  }
};

const checkBy = (kernel: KernelOption, reference: ReferenceCase, compare: CaseComparison): void => {
  const data = observationsOf(reference);
  const model = initialModel(reference);
  checkStart(compare, reference, model, data, kernel);
  checkFit(compare, reference, model, data, 1, kernel);
  checkFit(compare, reference, model, data, 10, kernel);
};
