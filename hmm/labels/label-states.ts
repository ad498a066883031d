import type { Observations } from '../observations.ts';
import { matchStates } from './match.ts';
import { stateMeanings } from './meaning.ts';
import { nameStates } from './names.ts';
import type { ScaledModel } from './state-density.ts';
import { firstLabels, type StateLabels } from './state-labels.ts';

export interface LabelledModel extends ScaledModel {
  /** [K] Names of the states. */
  readonly regimes: readonly string[];
  /** Absent: as `firstLabels`. */
  readonly labels?: StateLabels;
}

export interface LabelledStates {
  /** [K] */
  readonly regimes: readonly string[];
  readonly labels: StateLabels;
}

/**
 * Ids and names of a model's states: those of `previous` for the states that continue its states, new ones for the
 * others. `window`: complete rows of natural units, the log return first, that `model` was learned from.
 */
export const labelStates = (
  model: ScaledModel,
  window: Observations,
  previous?: LabelledModel,
): LabelledStates => {
  const meanings = stateMeanings(model, window);
  if (!previous) {
    const { names } = nameStates(meanings);
    return { regimes: names, labels: firstLabels(model.hmm.nStates) };
  }
  const labels = previous.labels ?? firstLabels(previous.hmm.nStates);
  const { ids, fresh, nextId, from } = matchStates({ ...previous, labels }, model, window);
  const { names, renamed } = nameStates(
    meanings,
    from.map((j) => (j < 0 ? undefined : previous.regimes[j])),
  );
  return { regimes: names, labels: { ids, fresh, renamed, nextId } };
};
