import { baumWelch } from '../../hmm/baum-welch.ts';
import { compatPrior } from '../../hmm/compat-prior.ts';
import { createEStep } from '../../hmm/e-step.ts';
import { viterbi } from '../../hmm/inference.ts';
import type { Case } from './case.ts';
import { type Contestant, timed } from './contestant.ts';

type Kernel = 'wasm' | 'plain';

/** Everything that a caller of hmmlearn's `fit` waits for: checks, set-up and all M-steps, with hmmlearn's priors. */
export const ourFit = (
  name: string,
  { data, initial }: Case,
  iterations: number,
  kernel: Kernel,
): Contestant => ({
  name,
  lap: () =>
    timed(() => {
      const { logLikelihoods } = baumWelch(initial, data, {
        prior: compatPrior(initial, data),
        eStep: createEStep(initial, data, { kernel }),
        maxIterations: iterations,
        tolerance: -Infinity,
        demandAscent: false,
      });
      return logLikelihoods.at(-1)!;
    }),
});

export const ourPredict = (name: string, { data, initial }: Case, kernel: Kernel): Contestant => ({
  name,
  lap: () => timed(() => viterbi(initial, data, { kernel }).logprob),
});
