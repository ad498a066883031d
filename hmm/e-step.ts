import { createKernelEStep } from './kernel/kernel-e-step.ts';
import { type KernelOption, kernelFits } from './kernel/limits.ts';
import type { Observations } from './observations.ts';
import { createPlainEStep, type EStep, type Shape } from './plain-e-step.ts';

/** The E-step for models of one shape over `data`, whose rows must not change meanwhile. */
export const createEStep = (shape: Shape, data: Observations, { kernel }: KernelOption = {}): EStep =>
  kernel !== 'plain' && kernelFits(shape, data)
    ? createKernelEStep(shape, data)
    : createPlainEStep(shape, data);
