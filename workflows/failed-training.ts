import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { FailureType } from '../activities/failures.ts';
import type { SeriesFailure } from './types.ts';

/** What ended an activity. */
export const describe = (error: unknown): { type: string; reason: string } => {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return { type: cause.type ?? 'Error', reason: cause.message };
  return {
    type: cause instanceof Error ? cause.name : 'Error',
    reason: cause instanceof Error ? cause.message : String(cause),
  };
};

const fit: FailureType = 'TrainingFailed';

/** What no table foresees: an error of the code over these candles, or a worker that died over them at each attempt. */
const unforeseen = ['Error', 'RangeError', 'TypeError', 'TimeoutFailure'];

/**
 * Whether the failure of a series may be its candles' doing: then it counts as an attempt of their files. All else would
 * fail with any candles: a full disk, an altered model, a lineage that is fixed, a lost claim. A file that cannot be read
 * was put aside at once; those claimed with it are sound.
 */
export const candlesMayCause = ({ type }: Pick<SeriesFailure, 'type'>): boolean =>
  type === fit || unforeseen.includes(type);
