import type { EvaluationOptions } from '../backtest/evaluation.ts';
import { fromParameters } from '../hmm/model.ts';
import type { SeriesModel } from '../registry/model-file.ts';

/** What served before as a rival: as it serves, or as it was judged, where it had seen nothing from `heldOutMs` on. */
export const unseenChampion = (
  champion: SeriesModel | undefined,
  heldOutMs: number,
): Pick<EvaluationOptions, 'previous'> => {
  const unseen = [champion, champion?.judged].find((one) => one && one.trainedRange.toMs < heldOutMs);
  return unseen ? { previous: { model: fromParameters(unseen.hmm), scaler: unseen.scaler } } : {};
};
