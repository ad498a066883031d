import { filterObservations } from '../hmm/filter.ts';
import { expectedDurations, stationaryDistribution } from '../hmm/forecast.ts';
import { posteriors, viterbi } from '../hmm/inference.ts';
import { hellinger } from '../hmm/labels/hellinger.ts';
import { stateDensities } from '../hmm/labels/state-density.ts';
import type { Hmm } from '../hmm/model.ts';
import type { Observations } from '../hmm/observations.ts';
import { type FeatureScaler, scaleRows } from '../hmm/scaler.ts';

/** What can be said of regimes without knowing the true ones. Lists are by state. */
export interface RegimeQuality {
  /** The filter, which serves, against the smoother, which has seen the candles after. */
  readonly lookAhead: {
    /** Mean total variation distance, 0 to 1. */
    readonly meanDistance: number;
    /** Share of candles whose likeliest state differs. */
    readonly disagreement: number;
  };
  /** Mean filtered probability, and what the transitions lead to in the long run. */
  readonly occupancy: { readonly filtered: readonly number[]; readonly stationary: readonly number[] };
  /** Candles that a stay lasts: by the transitions (null: for ever), and on the likeliest path (null: it never goes there). */
  readonly dwell: {
    readonly expected: readonly (number | null)[];
    readonly realised: readonly (number | null)[];
  };
  /** Changes of the likeliest filtered state in 1000 candles. */
  readonly switchesPerThousand: number;
  /** Smallest Hellinger distance of two states (0 same, 1 apart; null: one state); mean entropy of the filter over ln K. */
  readonly separation: { readonly hellinger: number | null; readonly entropy: number };
}

/** Of rows in natural units. */
export const regimeQuality = (model: Hmm, scaler: FeatureScaler, raw: Observations): RegimeQuality => {
  const data = { ...raw, rows: scaleRows(scaler, raw.rows) };
  const { nStates: K } = model;
  const { filtered } = filterObservations(model, data);
  const { gamma } = posteriors(model, data);
  const now = likeliest(filtered, K);
  const path = viterbi(model, data).path;
  return {
    lookAhead: {
      meanDistance: totalVariation(filtered, gamma, K),
      disagreement: share(likeliest(gamma, K), (state, t) => state !== now[t]),
    },
    occupancy: {
      filtered: meanByState(filtered, K),
      stationary: Array.from(stationaryDistribution(model)),
    },
    dwell: {
      expected: Array.from(expectedDurations(model), (bars) => (Number.isFinite(bars) ? bars : null)),
      realised: meanRuns(path, K),
    },
    switchesPerThousand: 1000 * share(now, (state, t) => t > 0 && state !== now[t - 1]),
    separation: { hellinger: nearestStates(model, scaler), entropy: relativeEntropy(filtered, K) },
  };
};

const likeliest = (probabilities: Float64Array, K: number): Int32Array =>
  Int32Array.from({ length: probabilities.length / K }, (_, t) => {
    let best = 0;
    for (let k = 1; k < K; k++) if (probabilities[t * K + k]! > probabilities[t * K + best]!) best = k;
    return best;
  });

const share = (states: Int32Array, holds: (state: number, t: number) => boolean): number =>
  states.reduce((count, state, t) => count + (holds(state, t) ? 1 : 0), 0) / states.length;

const totalVariation = (one: Float64Array, other: Float64Array, K: number): number =>
  (one.reduce((sum, p, i) => sum + Math.abs(p - other[i]!), 0) * K) / (2 * one.length);

const meanByState = (probabilities: Float64Array, K: number): number[] => {
  const sums = Array.from({ length: K }, () => 0);
  probabilities.forEach((p, i) => {
    sums[i % K] = sums[i % K]! + p;
  });
  return sums.map((sum) => (sum * K) / probabilities.length);
};

const meanRuns = (path: ArrayLike<number>, K: number): (number | null)[] => {
  const candles = Array.from({ length: K }, () => 0);
  const stays = Array.from({ length: K }, () => 0);
  for (let t = 0; t < path.length; t++) {
    const state = path[t]!;
    candles[state] = candles[state]! + 1;
    if (t === 0 || path[t - 1] !== state) stays[state] = stays[state]! + 1;
  }
  return candles.map((count, k) => (count > 0 ? count / stays[k]! : null));
};

const nearestStates = (hmm: Hmm, scaler: FeatureScaler): number | null => {
  const densities = stateDensities({ hmm, scaler });
  const distances = densities.flatMap((one, k) =>
    densities.slice(0, k).map((other) => hellinger(one, other)),
  );
  return distances.length > 0 ? Math.min(...distances) : null;
};

const relativeEntropy = (probabilities: Float64Array, K: number): number => {
  if (K === 1) return 0;
  const nats = probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
  return (nats * K) / (probabilities.length * Math.log(K));
};
