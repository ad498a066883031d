import { filterObservations } from './filter.ts';
import { type Posteriors, plainPosteriors } from './forward-backward.ts';
import { kernelPosteriors } from './kernel/kernel-posteriors.ts';
import { kernelViterbi } from './kernel/kernel-viterbi.ts';
import { type KernelOption, kernelFits } from './kernel/limits.ts';
import type { Hmm } from './model.ts';
import type { Observations } from './observations.ts';
import { type Decoded, mapPath, plainViterbi } from './viterbi.ts';

/** ln p(rows) of all sequences, nats. Missing features are integrated out. Throws as `posteriors` does. */
export const score = (model: Hmm, data: Observations): number =>
  filterObservations(model, data).logLikelihood.reduce((a, b) => a + b, 0);

/** Smoothed posteriors of all sequences; weights count in learning only. Throws `InvalidModel`, `InvalidData` or `ImpossibleRow`. */
export const posteriors = (model: Hmm, data: Observations, { kernel }: KernelOption = {}): Posteriors =>
  kernel !== 'plain' && kernelFits(model, data)
    ? kernelPosteriors(model, data)
    : plainPosteriors(model, unweighted(data));

/** The most probable path of each sequence. Throws as `posteriors` does. */
export const viterbi = (model: Hmm, data: Observations, { kernel }: KernelOption = {}): Decoded =>
  kernel !== 'plain' && kernelFits(model, data) ? kernelViterbi(model, data) : plainViterbi(model, data);

/**
 * One state for each row: `viterbi`, the most probable path, or `map`, the most probable state of each row, whose path
 * may be impossible. Throws as `posteriors` does.
 */
export const decode = (
  model: Hmm,
  data: Observations,
  { algorithm = 'viterbi', kernel }: KernelOption & { readonly algorithm?: 'viterbi' | 'map' } = {},
): Decoded =>
  algorithm === 'viterbi'
    ? viterbi(model, data, { kernel })
    : mapPath(posteriors(model, data, { kernel }).gamma, model.nStates);

const unweighted = ({ rows, nFeatures, sequenceStarts }: Observations): Observations => ({
  rows,
  nFeatures,
  sequenceStarts,
});
