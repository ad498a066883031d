import { aic, bic, parameterCount } from '../criteria.ts';
import { posteriors, viterbi } from '../inference.ts';
import type { KernelOption } from '../kernel/limits.ts';
import type { Hmm } from '../model.ts';
import { type Observations, rowCount } from '../observations.ts';
import { type Decoded, mapPath } from '../viterbi.ts';
import { isRaised, type Path, type Raised, type Scores, type Values } from './case.ts';
import type { CaseComparison } from './comparison.ts';
import { tolerance } from './tolerance.ts';

/** Scores and paths of one model; what hmmlearn could not score is left out. */
export const checkScores = (
  compare: CaseComparison,
  when: string,
  want: Scores,
  model: Hmm,
  data: Observations,
  limit: number,
  kernel: KernelOption,
): void => {
  const { gamma, logLikelihood } = posteriors(model, data, kernel);
  const one = (what: string, got: number, wanted: Values | Raised, within: number): void => {
    if (!isRaised(wanted)) compare.numbers(`${when}.${what}`, [got], [Number(wanted)], within, 'relative');
  };
  one('loglik', logLikelihood, want.loglik, limit);
  one('loglik', logLikelihood, want.loglik_longdouble, limit);
  checkPath(compare, `${when}.viterbi`, viterbi(model, data, kernel), want.viterbi, limit);
  checkPath(
    compare,
    `${when}.map`,
    mapPath(gamma, model.nStates),
    want.map,
    Math.max(limit, tolerance.posterior),
  );
  compare.exact(`${when}.n_params`, [parameterCount(model)], [want.n_params]);
  const criterion = Math.max(limit, tolerance.criterion);
  one('aic', aic(model, logLikelihood), want.aic, criterion);
  one('bic', bic(model, logLikelihood, rowCount(data)), want.bic, criterion);
};

export const checkPath = (
  compare: CaseComparison,
  what: string,
  got: Decoded,
  want: Path | Raised,
  limit: number,
): void => {
  if (isRaised(want)) return;
  compare.exact(`${what}.path`, got.path, want.path);
  compare.numbers(`${what}.logprob`, [got.logprob], [Number(want.logprob)], limit, 'relative');
};
