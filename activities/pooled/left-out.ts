import { ApplicationFailure } from '@temporalio/common';
import type { SeriesFailure } from '../../workflows/types.ts';
import { asFailure } from '../translate.ts';

/** Types that concern one series; a lost claim or a full disk concerns the run. */
const ofOneSeries = ['NotEnoughData', 'CandleFileCorrupt', 'CandleFileMissing'];

const isOfType = (error: unknown, types: readonly string[]): error is ApplicationFailure =>
  error instanceof ApplicationFailure && types.includes(error.type ?? '');

/** Why one series is left out of a pool. What concerns the whole run, and may be mended by a retry, is thrown on. */
export const reasonOf = (error: unknown): { type: string; reason: string } => {
  const known = asFailure(error);
  if (!isOfType(known, ofOneSeries)) throw error;
  return { type: known.type!, reason: known.message };
};

/** A fit that fails is the failure of those that took part in it; the others were left for reasons of their own. */
export const leftByFit = (
  fitted: readonly { readonly series: string }[],
  error: unknown,
): SeriesFailure[] => {
  const known = asFailure(error);
  if (!isOfType(known, ['TrainingFailed'])) throw error;
  return fitted.map(({ series }) => ({ series, type: known.type!, reason: known.message }));
};
