import { filterEnsemble } from '../hmm/ensemble/filter-ensemble.ts';
import { filterObservations } from '../hmm/filter.ts';
import { type FitOptions, fit } from '../hmm/fit.ts';
import { fromParameters, type Hmm, toParameters } from '../hmm/model.ts';
import type { Observations } from '../hmm/observations.ts';
import { logJacobian, scaleRows } from '../hmm/scaler.ts';
import type { Ensemble, HmmParameters, Scaler } from '../registry/model-file.ts';

/** φ: the best of {0.5 … 1} on BTC hours, and on ETH and SOL hours and BTC 5-minute candles as well (docs/explanation). */
const forgetting = 0.9;

export interface EnsembleFit {
  /** Scaled, complete rows. */
  readonly data: Observations;
  readonly stateCounts: readonly number[];
  readonly fit: Omit<FitOptions, 'nStates' | 'initial'>;
  /** Members to go on from, one for each state count. */
  readonly initial?: Ensemble;
  /** Puts the states in their order and names them. */
  readonly order: (model: Hmm) => Hmm;
  readonly name: (model: Hmm) => readonly string[];
}

/** One model for each number of states, weighted by how well it predicted the last rows. */
export const fitEnsemble = (given: EnsembleFit): Ensemble => {
  const { data, initial, order, name } = given;
  const models = [...given.stateCounts]
    .sort((a, b) => a - b)
    .map((nStates, m) => {
      const from = initial ? { initial: fromParameters(initial.members[m]!.hmm) } : {};
      return order(fit(data, { ...given.fit, ...from, nStates }).model);
    });
  const { weights } = filterEnsemble(models, data, { forgetting });
  return {
    forgetting,
    members: models.map((model, m) => ({
      hmm: toParameters(model),
      regimes: name(model),
      weight: weights[m]!,
    })),
  };
};

/** What serves: the ensemble where there is one, the model alone otherwise. */
export interface Served {
  readonly hmm: HmmParameters;
  readonly scaler: Scaler;
  readonly ensemble?: Ensemble;
}

/** ln p of each row of natural units given the rows before it, unscaled features, nats. Weights start even. [T] */
export const scoreServed = ({ hmm, scaler, ensemble }: Served, raw: Observations): Float64Array => {
  const data = { ...raw, rows: scaleRows(scaler, raw.rows) };
  const jacobian = logJacobian(scaler);
  const { logLikelihood } = ensemble
    ? filterEnsemble(
        ensemble.members.map((member) => fromParameters(member.hmm)),
        data,
        { forgetting: ensemble.forgetting },
      )
    : filterObservations(fromParameters(hmm), data);
  return logLikelihood.map((value) => value + jacobian);
};
