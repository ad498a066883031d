/**
 * Off-policy evaluation: what a policy would have earned, from the log of another one.
 * Definitions as in Saito et al. 2020 (Open Bandit Pipeline); w = π(a | x) / p(a | x) of the action that was served.
 */

/** n logged decisions over K arms; matrices are row-major n × K. */
export interface BanditLog {
  readonly arms: number;
  /** [n] the arm that was served. */
  readonly served: Int32Array;
  /** [n] reward in deviations. */
  readonly rewards: Float64Array;
  /** [n · K] chance of each arm when the decision was made, as served. */
  readonly propensities: Float64Array;
}

/** A value with its standard error and 95 % interval (normal). */
export interface Estimate {
  readonly value: number;
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
}

export interface OffPolicyValue {
  readonly ips: Estimate;
  readonly snips: Estimate;
  readonly dm: Estimate;
  readonly dr: Estimate;
  /** (Σw)² / Σw². */
  readonly effectiveSampleSize: number;
  readonly decisions: number;
}

const z95 = 1.959963984540054;

const estimateOf = (value: number, standardError: number): Estimate => ({
  value,
  standardError,
  low: value - z95 * standardError,
  high: value + z95 * standardError,
});

/** Mean, and its standard error by the sample deviation (n − 1). One decision says nothing about its own error: Infinity. */
const meanEstimate = (terms: Float64Array): Estimate => {
  const n = terms.length;
  const mean = terms.reduce((sum, term) => sum + term, 0) / n;
  if (n < 2) return estimateOf(mean, Number.POSITIVE_INFINITY);
  const squares = terms.reduce((sum, term) => sum + (term - mean) ** 2, 0);
  return estimateOf(mean, Math.sqrt(squares / (n - 1) / n));
};

/** Self-normalised IPS; its error by the delta method. */
const snipsEstimate = (weights: Float64Array, rewards: Float64Array): Estimate => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const value = weights.reduce((sum, weight, i) => sum + weight * (rewards[i] as number), 0) / total;
  const squares = weights.reduce(
    (sum, weight, i) => sum + (weight * ((rewards[i] as number) - value)) ** 2,
    0,
  );
  return estimateOf(value, Math.sqrt(squares) / total);
};

/**
 * What policy π would have earned per decision. `target`: [n · K] π's chances; `forecasts`: [n · K] a model's rewards,
 * not fitted on the row that they are for. A row in which π would serve what could not have been served says nothing about π:
 * the caller leaves it out. Throws RangeError where the log is empty, or says that something was served that had no chance.
 */
export const evaluatePolicy = (
  { arms, served, rewards, propensities }: BanditLog,
  { target, forecasts }: { target: Float64Array; forecasts: Float64Array },
): OffPolicyValue => {
  const n = served.length;
  if (n === 0) throw new RangeError('there is nothing to evaluate: the log is empty');
  const weights = new Float64Array(n);
  const direct = new Float64Array(n);
  const corrected = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const at = i * arms + (served[i] as number);
    const propensity = propensities[at] as number;
    if (!(propensity > 0)) throw new RangeError(`decision ${i} served an arm of propensity ${propensity}`);
    const weight = (target[at] as number) / propensity;
    let forecast = 0;
    for (let arm = 0; arm < arms; arm++)
      forecast += (target[i * arms + arm] as number) * (forecasts[i * arms + arm] as number);
    weights[i] = weight;
    direct[i] = forecast;
    corrected[i] = forecast + weight * ((rewards[i] as number) - (forecasts[at] as number));
  }
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const squares = weights.reduce((total, weight) => total + weight * weight, 0);
  return {
    ips: meanEstimate(weights.map((weight, i) => weight * (rewards[i] as number))),
    snips: snipsEstimate(weights, rewards),
    dm: meanEstimate(direct),
    dr: meanEstimate(corrected),
    effectiveSampleSize: squares === 0 ? 0 : (sum * sum) / squares,
    decisions: n,
  };
};

/** π = always this arm: [n · K]. */
export const alwaysArm = ({ arms, served }: BanditLog, arm: number): Float64Array => {
  const target = new Float64Array(served.length * arms);
  for (let i = 0; i < served.length; i++) target[i * arms + arm] = 1;
  return target;
};
