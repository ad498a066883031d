import { exp, log } from '../numerics/elementary.ts';
import { minimise } from './nelder-mead.ts';
import { meanOf } from './rolling.ts';

/** GARCH(1,1) with Gaussian innovations (Bollerslev 1986): xₜ = μ + √hₜ z, hₜ = ω + α (xₜ₋₁ − μ)² + β hₜ₋₁. */
export interface Garch {
  readonly mu: number;
  readonly omega: number;
  readonly alpha: number;
  readonly beta: number;
  /** h of the first value. */
  readonly first: number;
}

/**
 * Maximum likelihood by a deterministic search from the likelier of two starts; μ is the sample mean. Stationary by construction: α + β < 1. The values
 * must vary and be of order 1 (scaled returns).
 */
export const fitGarch = (values: Float64Array): Garch => {
  const mu = meanOf(values);
  const variance = meanOf(values.map((x) => (x - mu) ** 2));
  const loss = (x: readonly number[]): number => meanLoss(garchOf(x, mu, variance), values);
  const [first, second] = [
    [0, 3, -2.5],
    [0, 1, -1],
  ] as const;
  const { x } = minimise(loss, loss(first) <= loss(second) ? first : second, { tolerance: 1e-8 });
  return garchOf(x, mu, variance);
};

/** −2 × mean log-likelihood, without its constant. */
const meanLoss = ({ mu, omega, alpha, beta, first }: Garch, values: Float64Array): number => {
  let [sum, h] = [0, first];
  for (let t = 0; t < values.length; t++) {
    const squared = (values[t]! - mu) ** 2;
    sum += log(h) + squared / h;
    h = omega + alpha * squared + beta * h;
  }
  return sum / values.length;
};

/** From ln of the long-run variance (relative to the sample's), logit of α + β, logit of α's share of it. */
const garchOf = ([level, persistence, share]: readonly number[], mu: number, variance: number): Garch => {
  const sum = 0.9999 * logistic(persistence!);
  const alpha = sum * logistic(share!);
  const longRun = variance * exp(Math.max(-10, Math.min(10, level!)));
  return { mu, omega: longRun * (1 - sum), alpha, beta: sum - alpha, first: variance };
};

const logistic = (x: number): number => 1 / (1 + exp(-x));

/** ln p of each value given those before it, and hₜ; units of the values, nats. [T] each */
export const runGarch = (
  { mu, omega, alpha, beta, first }: Garch,
  values: Float64Array,
): { logLikelihood: Float64Array; variances: Float64Array } => {
  const variances = new Float64Array(values.length);
  let h = first;
  const logLikelihood = values.map((x, t) => {
    variances[t] = h;
    const squared = (x - mu) ** 2;
    const value = -0.5 * (log(2 * Math.PI * h) + squared / h);
    h = omega + alpha * squared + beta * h;
    return value;
  });
  return { logLikelihood, variances };
};
