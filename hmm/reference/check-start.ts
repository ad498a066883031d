import { filterObservations } from '../filter.ts';
import { forecastState } from '../forecast.ts';
import { posteriors, viterbi } from '../inference.ts';
import type { KernelOption } from '../kernel/limits.ts';
import { logEmissionsOf } from '../missing.ts';
import type { Hmm } from '../model.ts';
import type { Observations } from '../observations.ts';
import { mapPath } from '../viterbi.ts';
import { type AtInit, numbersOf, type ReferenceCase } from './case.ts';
import { checkPath, checkScores } from './check-scores.ts';
import type { CaseComparison } from './comparison.ts';
import { tolerance } from './tolerance.ts';

/** Everything that can be computed without learning. */
export const checkStart = (
  compare: CaseComparison,
  { at_init: want, require }: ReferenceCase,
  model: Hmm,
  data: Observations,
  kernel: KernelOption,
): void => {
  const { filtered } = filterObservations(model, data);
  const logEmission = logEmissionsOf(model, data);
  compare.numbers(
    'log_emission',
    logEmission,
    numbersOf(want.log_emission),
    tolerance.logEmission,
    'relative',
  );
  if (require.at_init === 'match_longdouble')
    checkAgainstLongDouble(compare, want, model, data, filtered, kernel);
  else checkAgainstHmmlearn(compare, want, model, data, filtered, kernel);
};

const checkAgainstHmmlearn = (
  compare: CaseComparison,
  want: AtInit,
  model: Hmm,
  data: Observations,
  filtered: Float64Array,
  kernel: KernelOption,
): void => {
  const { gamma } = posteriors(model, data, kernel);
  compare.numbers('posteriors', gamma, numbersOf(want.posteriors), tolerance.posterior, 'absolute');
  compare.numbers('filtered', filtered, numbersOf(want.filtered), tolerance.posterior, 'absolute');
  const last = filtered.subarray(filtered.length - model.nStates);
  for (const [steps, state] of Object.entries(want.forecast_state)) {
    const got = forecastState(model, last, Number(steps));
    compare.numbers(`forecast[${steps}]`, got, numbersOf(state), tolerance.posterior, 'absolute');
  }
  checkScores(compare, 'at_init', want, model, data, tolerance.logLikelihood, kernel);
};

/**
 * hmmlearn's posteriors are wrong here by `hmmlearn_log_posterior_error_vs_longdouble`. What it derives from them is
 * compared within twice that; all posteriors, and the last row, where filtered = smoothed, within our own tolerance.
 */
const checkAgainstLongDouble = (
  compare: CaseComparison,
  want: AtInit,
  model: Hmm,
  data: Observations,
  filtered: Float64Array,
  kernel: KernelOption,
): void => {
  const { gamma, logLikelihood } = posteriors(model, data, kernel);
  const truth = numbersOf(want.posteriors_longdouble!);
  const noise = 2 * (want.hmmlearn_log_posterior_error_vs_longdouble ?? 0);
  const K = model.nStates;
  const total = Number(want.loglik_longdouble);
  compare.numbers('posteriors', gamma, truth, tolerance.posterior, 'absolute');
  compare.numbers('filtered last row', filtered.slice(-K), truth.slice(-K), tolerance.posterior, 'absolute');
  compare.numbers('filtered within noise', filtered, numbersOf(want.filtered), noise, 'absolute');
  compare.exact('at_init.map.path', mapPath(gamma, K).path, mapPath(truth, K).path);
  compare.numbers('at_init.loglik', [logLikelihood], [total], tolerance.logLikelihood, 'relative');
  checkPath(compare, 'at_init.viterbi', viterbi(model, data, kernel), want.viterbi, tolerance.logLikelihood);
};
