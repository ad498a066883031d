import { baumWelch, type EmResult } from '../baum-welch.ts';
import { compatPrior } from '../compat-prior.ts';
import { createEStep } from '../e-step.ts';
import { HmmError } from '../hmm-error.ts';
import { posteriors } from '../inference.ts';
import type { KernelOption } from '../kernel/limits.ts';
import { type Hmm, validate } from '../model.ts';
import type { Observations } from '../observations.ts';
import { type Fitted, isRaised, numbersOf, type ReferenceCase } from './case.ts';
import { checkScores } from './check-scores.ts';
import type { CaseComparison } from './comparison.ts';
import { tolerance } from './tolerance.ts';

/** EM in compat mode, against both implementations of hmmlearn; `finite_only`: a valid model or a typed error. */
export const checkFit = (
  compare: CaseComparison,
  reference: ReferenceCase,
  model: Hmm,
  data: Observations,
  iterations: 1 | 10,
  kernel: KernelOption,
): void => {
  const when = iterations === 1 ? 'after1' : 'after10';
  const finiteOnly = reference.require[when] === 'finite_only';
  const result = fitOrError(reference, model, data, iterations, kernel);
  if (result instanceof HmmError) {
    if (!finiteOnly) compare.fail(when, result.message, 'parameters');
    return;
  }
  demandValid(compare, when, result);
  if (finiteOnly) return;
  for (const implementation of ['log', 'scaling'] as const) {
    const want = reference[when][implementation];
    if (!isRaised(want)) checkFitted(compare, when, want, result, data, kernel);
  }
};

const fitOrError = (
  reference: ReferenceCase,
  model: Hmm,
  data: Observations,
  iterations: number,
  kernel: KernelOption,
): EmResult | HmmError => {
  try {
    return baumWelch(model, data, {
      prior: compatPrior(model, data, reference.priors),
      maxIterations: iterations,
      tolerance: -Infinity,
      demandAscent: false,
      moving: reference.params ?? 'stmc',
      eStep: createEStep(model, data, kernel),
    });
  } catch (error) {
    if (error instanceof HmmError) return error;
    throw error;
  }
};

const checkFitted = (
  compare: CaseComparison,
  when: 'after1' | 'after10',
  want: Fitted,
  { model, logLikelihoods }: EmResult,
  data: Observations,
  kernel: KernelOption,
): void => {
  const limit = tolerance[when];
  const pairs = [
    ['history', logLikelihoods, want.history],
    ['startprob', model.start, want.startprob],
    ['transmat', model.transition, want.transmat],
    ['means', model.means, want.means],
    ['covars', model.covariances, want.covars],
  ] as const;
  for (const [what, got, wanted] of pairs) {
    compare.numbers(`${when}.${what}`, got, numbersOf(wanted), limit, 'relative');
  }
  if (want.posteriors) {
    const { gamma } = posteriors(model, data, kernel);
    compare.numbers(`${when}.posteriors`, gamma, numbersOf(want.posteriors), limit, 'absolute');
  }
  if (want.eval) checkScores(compare, `${when}.eval`, want.eval, model, data, limit, kernel);
};

/** Every constraint of a model holds, but for rows of zeros that the report names (hmmlearn makes them, too). */
const demandValid = (compare: CaseComparison, when: string, { model, report }: EmResult): void => {
  const transition = model.transition.slice();
  for (const k of report.emptyRows) transition[k * model.nStates + k] = 1;
  try {
    validate({ ...model, transition });
  } catch (error) {
    compare.fail(`${when}: valid parameters`, (error as Error).message, 'a valid model');
  }
};
