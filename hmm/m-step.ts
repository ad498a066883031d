import { type CovarianceReport, updateCovariances } from './covariance-step.ts';
import { updateDegreesOfFreedom } from './degrees-of-freedom.ts';
import type { Hmm } from './model.ts';
import type { Prior } from './prior.ts';
import { massOf, type Statistics } from './statistics.ts';

/** Which parameters move: any of s(tart), t(ransitions), m(eans), c(ovariances), as hmmlearn writes it. */
export type Moving = string;

export interface MStepReport extends CovarianceReport {
  /**
   * States that no row was given to, or less than a millionth of one: their means and covariances are those of the prior,
   * or keep their values without one.
   */
  deadStates: number[];
  /**
   * States that were never left, without a prior on leaving. Default mode keeps their transitions; in compat mode these
   * are zeros, as hmmlearn leaves them.
   */
  emptyRows: number[];
}

/** In rows. */
const deadWeight = 1e-6;

/**
 * The parameters that maximise the expected penalised log-likelihood (Huang, Acero, Hon 2001, pp. 443–445; the same
 * formulas as hmmlearn 0.3.3). Probabilities that are 0 stay 0. Writes into `model`.
 */
export const maximise = (
  model: Hmm,
  statistics: Statistics,
  prior: Prior,
  moving: Moving = 'stmc',
): MStepReport => {
  const report: MStepReport = { repairs: 0, floored: 0, deadStates: [], emptyRows: [] };
  const { nStates: K } = model;
  if (moving.includes('s')) proportions(model.start, statistics.start, prior.startCounts, 0, K, prior);
  if (moving.includes('t')) {
    const { transitions } = statistics;
    for (let j = 0; j < K; j++) {
      if (!proportions(model.transition, transitions, prior.transitionCounts, j * K, K, prior))
        report.emptyRows.push(j);
    }
  }
  for (let k = 0; k < K; k++) if (!(statistics.weight[k]! > deadWeight)) report.deadStates.push(k);
  if (moving.includes('m')) updateMeans(model, statistics, prior);
  if (moving.includes('c')) {
    updateCovariances(model, statistics, prior, report);
    updateDegreesOfFreedom(model, statistics);
  }
  return report;
};

/** Counts + pseudo-counts, negative ones cut to 0, as proportions. False: the row has none (see `emptyRows`). */
const proportions = (
  out: Float64Array,
  counts: Float64Array,
  pseudo: Float64Array,
  at: number,
  n: number,
  { emptyRows }: Prior,
): boolean => {
  const before = out.slice(at, at + n);
  let total = 0;
  for (let i = at; i < at + n; i++) {
    out[i] = out[i] === 0 ? 0 : Math.max(counts[i]! + pseudo[i]!, 0);
    total += out[i]!;
  }
  if (total > 0) for (let i = at; i < at + n; i++) out[i] = out[i]! / total;
  else if (emptyRows === 'keep') out.set(before, at);
  return total > 0;
};

const updateMeans = (model: Hmm, statistics: Statistics, prior: Prior): void => {
  const { nStates: K, nFeatures: D, means } = model;
  const { centre, sums } = statistics;
  const mass = massOf(model, statistics);
  for (let i = 0; i < K * D; i++) {
    const w = prior.meanWeights[i]!;
    const k = Math.floor(i / D);
    const c = centre[i % D]!;
    if (w + mass[k]! > 0) means[i] = c + (w * (prior.means[i]! - c) + sums[i]!) / (w + mass[k]!);
  }
};
