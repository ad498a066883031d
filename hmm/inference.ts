import { type Posteriors, plainPosteriors } from './forward-backward.ts';
import { kernelPosteriors } from './kernel/kernel-posteriors.ts';
import { kernelViterbi } from './kernel/kernel-viterbi.ts';
import { type KernelOption, kernelFits, kernelTakes } from './kernel/limits.ts';
import type { Hmm } from './model.ts';
import type { Observations } from './observations.ts';
import { type Decoded, plainViterbi } from './viterbi.ts';

/** Smoothed posteriors of all sequences. Throws `InvalidModel`, `InvalidData` or `ImpossibleRow`. */
export const posteriors = (model: Hmm, data: Observations, { kernel }: KernelOption = {}): Posteriors =>
  kernel !== 'plain' && kernelFits(model, data) && kernelTakes(model)
    ? kernelPosteriors(model, data)
    : plainPosteriors(model, data);

/** The most probable path of each sequence. Throws as `posteriors` does. */
export const viterbi = (model: Hmm, data: Observations, { kernel }: KernelOption = {}): Decoded =>
  kernel !== 'plain' && kernelFits(model, data) ? kernelViterbi(model, data) : plainViterbi(model, data);
