import { initialModel, observationsOf, type ReferenceCase } from './case.ts';
import { checkFit } from './check-fit.ts';
import { checkStart } from './check-start.ts';
import { type Comparison, createComparison } from './comparison.ts';

/** Runs one case through the library and adds what differs to `comparison`. */
export const checkCase = (file: string, reference: ReferenceCase, comparison: Comparison): void => {
  const compare = createComparison(file, comparison);
  const data = observationsOf(reference);
  const model = initialModel(reference);
  checkStart(compare, reference, model, data);
  checkFit(compare, reference, model, data, 1);
  checkFit(compare, reference, model, data, 10);
};
