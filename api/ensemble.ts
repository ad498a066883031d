import { filterEnsemble } from '../hmm/ensemble/filter-ensemble.ts';
import { averageRegimes } from '../hmm/ensemble/regimes.ts';
import { forecastState } from '../hmm/forecast.ts';
import { fromParameters } from '../hmm/model.ts';
import type { Observations } from '../hmm/observations.ts';
import type { Ensemble } from '../registry/model-file.ts';

/**
 * P(regime now) and P(regime of the next candle) of an ensemble after the last of the scaled rows, by the first word of
 * the states' names (BEAR, CHOP, BULL). The weights go on from those of the training.
 */
export const evaluateEnsemble = (
  { forgetting, members }: Ensemble,
  data: Observations,
): { probabilities: Record<string, number>; forecast: Record<string, number> } => {
  const models = members.map(({ hmm }) => fromParameters(hmm));
  const before = members.map(({ weight }) => weight);
  const { weights, filtered } = filterEnsemble(models, data, { forgetting, weights: before });
  const average = (now: readonly Float64Array[]) =>
    averageRegimes(
      members.map(({ regimes }, m) => ({ weight: weights[m]!, names: regimes, filtered: now[m]! })),
    );
  return {
    probabilities: average(filtered),
    forecast: average(filtered.map((now, m) => forecastState(models[m]!, now, 1))),
  };
};
