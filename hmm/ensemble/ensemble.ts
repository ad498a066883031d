import { exp } from '../../numerics/elementary.ts';
import { createStep } from '../filter.ts';
import { HmmError } from '../hmm-error.ts';
import type { Hmm } from '../model.ts';
import { averageBar, evenLogWeights } from './averaging.ts';
import { averageRegimes } from './regimes.ts';

/** Models of the same scaled features with any numbers of states. */
export interface EnsembleMember {
  readonly model: Hmm;
  /** [K]: names of its states; their first words are what the members have in common. */
  readonly names: readonly string[];
}

export interface EnsembleConfig {
  /** φ in (0, 1]: 1 is plain Bayesian averaging; 1/(1 − φ) is how many bars the weights remember. */
  readonly forgetting: number;
}

/** Everything that the next bar needs, as plain JSON. */
export interface EnsembleState {
  /** [M]: ln of the weights. */
  readonly logWeights: readonly number[];
  /** [M][K]: filtered probabilities of each member; null before the first bar of a sequence. */
  readonly filters: readonly (readonly number[] | null)[];
}

export interface EnsembleStep {
  readonly state: EnsembleState;
  /** ln p(row | rows before it) of the mixture, nats in scaled units. */
  readonly logLikelihood: number;
  /** P(regime now), by the first word of the states' names. */
  readonly regimes: Readonly<Record<string, number>>;
}

/** Even weights, no bar seen. `logWeights` [M] goes on from weights that were learned before. */
export const startEnsemble = (
  members: readonly EnsembleMember[],
  logWeights: ArrayLike<number> = evenLogWeights(members.length),
): EnsembleState => ({ logWeights: Array.from(logWeights), filters: members.map(() => null) });

/** The next bar begins a new sequence: filters start anew, the weights stay. */
export const startSequence = ({ logWeights, filters }: EnsembleState): EnsembleState => ({
  logWeights,
  filters: filters.map(() => null),
});

/**
 * The causal filter of the mixture, one row [D] at a time, O(Σ K²) a bar. Pure: the state goes in and comes out.
 * Throws `InvalidModel` when members differ in features, names or forgetting do not fit, or there is no member.
 */
export const createEnsembleStep = (
  members: readonly EnsembleMember[],
  { forgetting }: EnsembleConfig,
): ((state: EnsembleState, row: Float64Array) => EnsembleStep) => {
  demandMembers(members, forgetting);
  const steps = members.map(({ model }) => createStep(model));
  return ({ logWeights, filters }, row) => {
    const bars = steps.map((step, m) => {
      const before = filters[m];
      return step(before ? Float64Array.from(before) : undefined, row);
    });
    const weights = Float64Array.from(logWeights);
    const logLikelihood = averageBar(
      weights,
      bars.map((bar) => bar.logLikelihood),
      forgetting,
    );
    const regimes = averageRegimes(
      members.map(({ names }, m) => ({
        ...{ names, filtered: bars[m]!.prob },
        weight: exp(weights[m]!),
      })),
    );
    const state = { logWeights: Array.from(weights), filters: bars.map(({ prob }) => Array.from(prob)) };
    return { state, logLikelihood, regimes };
  };
};

const demandMembers = (members: readonly EnsembleMember[], forgetting: number): void => {
  const [first] = members;
  if (!first) throw new HmmError('InvalidModel', 'an ensemble needs a member');
  if (!(forgetting > 0 && forgetting <= 1))
    throw new HmmError('InvalidModel', `forgetting must lie in (0, 1], not ${forgetting}`);
  members.forEach(({ model, names }, m) => {
    if (model.nFeatures !== first.model.nFeatures)
      throw new HmmError(
        'InvalidModel',
        `member ${m} has ${model.nFeatures} features, not ${first.model.nFeatures}`,
      );
    if (names.length !== model.nStates)
      throw new HmmError('InvalidModel', `member ${m} has ${names.length} names for ${model.nStates} states`);
  });
};
