import type { LabelledStates } from '../../hmm/labels/label-states.ts';
import { meaningsOf } from '../../hmm/labels/meaning.ts';
import { nameStates } from '../../hmm/labels/names.ts';
import { firstLabels } from '../../hmm/labels/state-labels.ts';
import { modelOf } from '../../hmm/online/online.ts';
import type { LineageHead } from '../../registry/head-file.ts';

/**
 * What the version serves: a lineage's states keep their index and their id; their names are those of genesis while the
 * states mean it, by the candles that the head remembers. So they follow from the head alone.
 */
export const labelsNow = (head: LineageHead, isGenesis: boolean): LabelledStates => {
  const { online, scaler, regimes, labels = firstLabels(head.regimes.length) } = head;
  const meanings = meaningsOf({ hmm: modelOf(online), scaler }, online.statistics.weight);
  const { names, renamed } = nameStates(meanings, regimes);
  const { ids, fresh, nextId } = labels;
  return { regimes: names, labels: { ids, fresh: fresh.map((is) => is && isGenesis), renamed, nextId } };
};
