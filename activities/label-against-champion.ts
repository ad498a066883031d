import { type LabelledStates, labelStates } from '../hmm/labels/label-states.ts';
import { fromParameters, type Hmm } from '../hmm/model.ts';
import type { Observations } from '../hmm/observations.ts';
import type { Scaler, SeriesModel } from '../registry/model-file.ts';

/** Ids and names: the champion's for the states that continue its states. `window`: complete rows of natural units. */
export const labelAgainstChampion = (
  hmm: Hmm,
  scaler: Scaler,
  window: Observations,
  champion: SeriesModel | undefined,
): LabelledStates => {
  const model = { hmm, scaler };
  return champion
    ? labelStates(model, window, { ...champion, hmm: fromParameters(champion.hmm) })
    : labelStates(model, window);
};
