import { ApplicationFailure } from '@temporalio/common';
import { asFailure } from '../translate.ts';

/** Types that concern one series; a lost claim or a full disk concerns the run. */
const ofOneSeries = ['NotEnoughData', 'CandleFileCorrupt', 'CandleFileMissing'];

/** Why one series is left out of a pool. What concerns the whole run, and may be mended by a retry, is thrown on. */
export const reasonOf = (error: unknown): { type: string; reason: string } => {
  const known = asFailure(error);
  if (!(known instanceof ApplicationFailure) || !ofOneSeries.includes(known.type ?? '')) throw error;
  return { type: known.type!, reason: known.message };
};
