import { predict } from './forward.ts';
import { fromParameters, type Hmm, type HmmParameters } from './model.ts';

/** P(state in `steps` bars) from the filtered probabilities of now: prob · A^steps. [K] */
export const forecast = (parameters: HmmParameters, prob: ArrayLike<number>, steps: number): Float64Array =>
  forecastState(fromParameters(parameters), prob, steps);

export const forecastState = (model: Hmm, prob: ArrayLike<number>, steps: number): Float64Array => {
  let now: Float64Array = Float64Array.from(prob);
  let next: Float64Array = new Float64Array(model.nStates);
  for (let step = 0; step < steps; step++) {
    predict(model.transition, now, 0, next, model.nStates);
    [now, next] = [next, now];
  }
  return now;
};

/** Bars that a stay in each state lasts on average: 1 / (1 − aₖₖ); Infinity for an absorbing state. [K] */
export const expectedDurations = ({ nStates: K, transition }: Hmm): Float64Array =>
  Float64Array.from({ length: K }, (_, k) => {
    let leave = 0;
    for (let j = 0; j < K; j++) if (j !== k) leave += transition[k * K + j]!;
    return 1 / leave;
  });

/**
 * The distribution that the transitions leave alone, π A = π, by state reduction without subtractions (Grassmann,
 * Taksar & Heyman 1985). With several closed classes it is the one of the class of the lowest state that recurs.
 */
export const stationaryDistribution = ({ nStates: K, transition }: Hmm): Float64Array => {
  const a = transition.slice();
  const leaving = new Float64Array(K);
  for (let n = K - 1; n > 0; n--) {
    let out = 0;
    for (let j = 0; j < n; j++) out += a[n * K + j]!;
    leaving[n] = out;
    if (!(out > 0)) return unreduced(K, n, transition);
    for (let i = 0; i < n; i++) {
      const share = a[i * K + n]! / out;
      for (let j = 0; j < n; j++) a[i * K + j] = a[i * K + j]! + share * a[n * K + j]!;
    }
  }
  return assemble(a, leaving, K);
};

const assemble = (a: Float64Array, leaving: Float64Array, K: number): Float64Array => {
  const pi = new Float64Array(K);
  pi[0] = 1;
  for (let n = 1; n < K; n++) {
    let flow = 0;
    for (let i = 0; i < n; i++) flow += pi[i]! * a[i * K + n]!;
    pi[n] = flow / leaving[n]!;
  }
  const total = pi.reduce((x, y) => x + y, 0);
  return pi.map((p) => p / total);
};

/** State n never goes to a lower one, so reduction stops: take the limit of the averages instead. */
const unreduced = (K: number, from: number, transition: Float64Array): Float64Array => {
  let power: Float64Array = transition.slice();
  for (let i = 0; i < K; i++) power[i * K + i] = 0.5 * (power[i * K + i]! + 1);
  for (let i = 0; i < K; i++)
    for (let j = 0; j < K; j++) if (i !== j) power[i * K + j] = 0.5 * power[i * K + j]!;
  for (let squaring = 0; squaring < 60; squaring++) power = multiply(power, power, K);
  const row = power.slice(from * K, (from + 1) * K);
  const total = row.reduce((x, y) => x + y, 0);
  return row.map((p) => p / total);
};

const multiply = (a: Float64Array, b: Float64Array, K: number): Float64Array =>
  Float64Array.from({ length: K * K }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < K; k++) sum += a[Math.floor(at / K) * K + k]! * b[k * K + (at % K)]!;
    return sum;
  });
