import type { EmReport, EmResult } from './baum-welch.ts';
import type { Hmm } from './model.ts';

export interface FitResult {
  readonly model: Hmm;
  /** Of the model, nats; where EM did not converge, of the parameters before the last M-step. */
  readonly logLikelihood: number;
  /** Log-likelihood plus log-prior (without its constant). */
  readonly objective: number;
  readonly converged: boolean;
  readonly report: FitReport;
}

export interface FitReport extends EmReport {
  /** Objective reached and iterations done by each restart. */
  readonly restarts: readonly { restart: number; objective: number; iterations: number; finished: boolean }[];
  /** Nats between the best and the second finished restart; a large one says that the optimum is hard to find. */
  readonly spread: number;
  readonly warnings: readonly string[];
}

/** EM from one start. */
export interface Run {
  readonly restart: number;
  readonly result: EmResult;
  readonly iterations: number;
  readonly objective: number;
  readonly finished: boolean;
}

/** What a fit says, from its best run and the second one; `T` rows. */
export const summarise = (best: Run, second: Run | undefined, runs: readonly Run[], T: number): FitResult => {
  const { model, converged, report, logLikelihoods } = best.result;
  const warnings = [
    ...(converged ? [] : [`not converged after ${best.iterations} iterations`]),
    ...(report.repairs > 0 ? [`${report.repairs} covariances were repaired`] : []),
    ...(report.floored > 0 ? [`${report.floored} variances were raised to the floor`] : []),
    ...(report.deadStates.length > 0 ? [`states without a row: ${report.deadStates.join(', ')}`] : []),
    ...(T < 10 * model.nStates ? [`only ${T} rows for ${model.nStates} states`] : []),
  ];
  return {
    model,
    logLikelihood: logLikelihoods.at(-1)!,
    objective: best.objective,
    converged,
    report: {
      ...report,
      restarts: runs.map(({ restart, objective, iterations, finished }) => ({
        restart,
        objective,
        iterations,
        finished,
      })),
      spread: second ? Math.max(0, best.objective - second.objective) : 0,
      warnings,
    },
  };
};
