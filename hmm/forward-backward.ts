import { forward } from './forward.ts';
import { backwardLog, forwardLog } from './log-space.ts';
import { createDensity, type Density, fillWeighted } from './missing.ts';
import type { Hmm } from './model.ts';
import { type Observations, rowCount, type Span, spans } from './observations.ts';

/** Arrays of one fit, used again at each iteration: 2·T·K + T numbers beyond the data. */
export interface Workspace {
  /** [T·K]: log-emissions, then scaled emissions, at the end the smoothed posteriors γ. */
  readonly gamma: Float64Array;
  /** [T·K]: filtered probabilities. */
  readonly alpha: Float64Array;
  /** [T]: ln p(xₜ | x before t). */
  readonly logLikelihood: Float64Array;
}

export const createWorkspace = (data: Observations, nStates: number): Workspace => {
  const T = rowCount(data);
  return {
    gamma: new Float64Array(T * nStates),
    alpha: new Float64Array(T * nStates),
    logLikelihood: new Float64Array(T),
  };
};

/**
 * Fills the workspace for all sequences: `gamma` = smoothed posteriors, `logLikelihood` per row. Expected transitions
 * are added to `transitionCounts` [K·K] when given. Returns the log-likelihood and how many sequences needed log space.
 */
export const forwardBackward = (
  model: Hmm,
  data: Observations,
  workspace: Workspace,
  transitionCounts?: Float64Array,
  density: Density = createDensity(model),
): { logLikelihood: number; inLogSpace: number } => {
  let inLogSpace = 0;
  for (const span of spans(data)) {
    fillWeighted(density, data, span, workspace.gamma);
    if (scaled(model, span, workspace, transitionCounts)) continue;
    inLogSpace++;
    unscaled(model, data, density, span, workspace, transitionCounts);
  }
  return { logLikelihood: workspace.logLikelihood.reduce((a, b) => a + b, 0), inLogSpace };
};

/** Smoothed posteriors P(state k at t | all rows), [T·K], and the log-likelihood, nats. */
export interface Posteriors {
  readonly gamma: Float64Array;
  readonly logLikelihood: number;
}

export const plainPosteriors = (model: Hmm, data: Observations): Posteriors => {
  const workspace = createWorkspace(data, model.nStates);
  const { logLikelihood } = forwardBackward(model, data, workspace);
  return { gamma: workspace.gamma, logLikelihood };
};

const scaled = (
  model: Hmm,
  span: Span,
  { gamma, alpha, logLikelihood }: Workspace,
  counts?: Float64Array,
): boolean =>
  forward(model, span, gamma, alpha, logLikelihood) && backward(model, span, gamma, alpha, counts);

const unscaled = (
  model: Hmm,
  data: Observations,
  density: Density,
  span: Span,
  { gamma, alpha, logLikelihood }: Workspace,
  counts?: Float64Array,
): void => {
  fillWeighted(density, data, span, gamma);
  forwardLog(model, span, gamma, alpha, logLikelihood);
  backwardLog(model, span, gamma, alpha, gamma, counts);
};

/**
 * The scaled backward pass: `b` [T·K] holds scaled emissions and is replaced by γ. β is scaled so that Σ α β = 1 in
 * every row; it is 0 for states that cannot be reached. Only products Σₜ αⱼ wₖ are summed, and multiplied by aⱼₖ at the
 * end, so nothing of size T·K·K is stored. False: underflow (only possible with vanishing transitions); counts unchanged.
 */
const backward = (
  model: Hmm,
  { from, to }: Span,
  b: Float64Array,
  alpha: Float64Array,
  counts?: Float64Array,
): boolean => {
  const { nStates: K, transition } = model;
  const beta = new Float64Array(K).fill(1);
  const w = new Float64Array(K);
  const products = new Float64Array(K * K);
  for (let t = to - 1; t >= from; t--) {
    for (let k = 0; k < K; k++) {
      w[k] = b[t * K + k]! * beta[k]!;
      b[t * K + k] = alpha[t * K + k]! * beta[k]!;
    }
    if (t === from) break;
    const total = stepBack(transition, w, alpha, (t - 1) * K, beta, K);
    if (!(total > 1e-150)) return false;
    for (let k = 0; k < K; k++) {
      beta[k] = beta[k]! / total;
      w[k] = w[k]! / total;
    }
    if (counts) addProducts(products, alpha, (t - 1) * K, w, K);
  }
  if (counts) for (let i = 0; i < K * K; i++) counts[i] = counts[i]! + products[i]! * transition[i]!;
  return true;
};

/** βⱼ = Σₖ aⱼₖ wₖ for the states that can be reached; returns Σⱼ αⱼ βⱼ. */
const stepBack = (
  transition: Float64Array,
  w: Float64Array,
  alpha: Float64Array,
  at: number,
  beta: Float64Array,
  K: number,
): number => {
  let total = 0;
  for (let j = 0; j < K; j++) {
    let sum = 0;
    if (alpha[at + j]! > 0) for (let k = 0; k < K; k++) sum += transition[j * K + k]! * w[k]!;
    beta[j] = sum;
    total += alpha[at + j]! * sum;
  }
  return total;
};

const addProducts = (
  products: Float64Array,
  alpha: Float64Array,
  at: number,
  w: Float64Array,
  K: number,
): void => {
  for (let j = 0; j < K; j++) {
    const weight = alpha[at + j]!;
    const row = j * K;
    for (let k = 0; k < K; k++) products[row + k] = products[row + k]! + weight * w[k]!;
  }
};
