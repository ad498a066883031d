import { createEStep } from './e-step.ts';
import { HmmError } from './hmm-error.ts';
import { type Moving, type MStepReport, maximise } from './m-step.ts';
import { copyModel, type Hmm } from './model.ts';
import { demandWeights, hasMissing, type Observations, rowCount } from './observations.ts';
import type { EStep } from './plain-e-step.ts';
import { logPrior, type Prior } from './prior.ts';
import { createStatistics, featureMeans } from './statistics.ts';

export interface EmOptions {
  readonly prior: Prior;
  readonly maxIterations: number;
  /** Stops when the objective grows by less than this per row, in nats; −Infinity: runs all iterations. */
  readonly tolerance: number;
  readonly moving?: Moving;
  /** False in compat mode: hmmlearn's M-step is not the maximiser of one objective. */
  readonly demandAscent?: boolean;
  readonly onIteration?: (progress: { iteration: number; logLikelihood: number }) => void;
  /** Made for these data and the shape of the model; several runs may share it. */
  readonly eStep?: EStep;
}

export interface EmResult {
  readonly model: Hmm;
  /** Log-likelihood and penalised objective of the parameters *before* each M-step, in nats. */
  readonly logLikelihoods: number[];
  readonly objectives: number[];
  readonly converged: boolean;
  readonly report: EmReport;
}

export interface EmReport extends MStepReport {
  /** Sequences that had to be done in log space, over all iterations. */
  inLogSpace: number;
}

/**
 * EM (Baum et al. 1970; MAP form of Gauvain & Lee 1994) from `initial`, which is not changed. The rows must be complete.
 * With `maxIterations` n there are n M-steps at most, and after convergence the parameters are those that were scored.
 */
export const baumWelch = (initial: Hmm, data: Observations, options: EmOptions): EmResult => {
  check(initial, data);
  const model = copyModel(initial);
  const statistics = createStatistics(model.nStates, featureMeans(data));
  const eStep = options.eStep ?? createEStep(model, data);
  const result = { logLikelihoods: [] as number[], objectives: [] as number[], converged: false };
  const report: EmReport = { repairs: 0, floored: 0, deadStates: [], emptyRows: [], inLogSpace: 0 };
  for (let iteration = 0; iteration < options.maxIterations; iteration++) {
    const { logLikelihood, inLogSpace } = eStep.run(model, statistics);
    report.inLogSpace += inLogSpace;
    result.logLikelihoods.push(logLikelihood);
    result.objectives.push(
      logLikelihood + (options.demandAscent === false ? 0 : logPrior(model, options.prior)),
    );
    options.onIteration?.({ iteration, logLikelihood });
    if (options.demandAscent !== false) demandAscent(result.objectives, report);
    result.converged = isConverged(result.objectives, options.tolerance * rowCount(data));
    if (result.converged) break;
    merge(report, maximise(model, statistics, options.prior, options.moving));
  }
  return { model, ...result, report };
};

const check = (model: Hmm, data: Observations): void => {
  if (model.nFeatures !== data.nFeatures) {
    throw new HmmError(
      'InvalidData',
      `a model of ${model.nFeatures} features cannot learn from ${data.nFeatures}`,
    );
  }
  if (!(rowCount(data) > 0)) throw new HmmError('InvalidData', 'there is no row to learn from');
  hasMissing(data);
  demandWeights(data);
};

const isConverged = (objectives: readonly number[], least: number): boolean => {
  const [before, now] = objectives.slice(-2);
  return before !== undefined && now !== undefined && now - before < least;
};

/**
 * EM cannot lower its objective. A repaired covariance can, and so can the first step of a start below the variance
 * floor, where the floor forbids what the likelihood wants; both are reported.
 */
const demandAscent = (objectives: readonly number[], report: EmReport): void => {
  const [before, now] = objectives.slice(-2);
  if (!Number.isFinite(objectives.at(-1)!))
    throw new HmmError('ObjectiveFell', 'the objective is not finite');
  if (before === undefined || now === undefined || report.repairs > 0) return;
  const startedBelowFloor = objectives.length === 2 && report.floored > 0;
  if (startedBelowFloor) return;
  if (before - now > 1e-9 * Math.max(1, Math.abs(before))) {
    throw new HmmError(
      'ObjectiveFell',
      `iteration ${objectives.length - 1} lowered the objective from ${before} to ${now}`,
    );
  }
};

const merge = (report: EmReport, step: MStepReport): void => {
  report.repairs += step.repairs;
  report.floored += step.floored;
  report.deadStates = step.deadStates;
  report.emptyRows = step.emptyRows;
};
