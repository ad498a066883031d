import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { housekeeping, ledger } from './proxies.ts';
import { attributes } from './search-attributes.ts';
import type { SweepResult } from './types.ts';

/** Gives back what dead runs held, and removes what crashes left on disk. */
export async function janitor(): Promise<SweepResult> {
  upsertSearchAttributes([{ key: attributes.stage, value: 'janitor' }]);
  const claims = await ledger.sweepClaims();
  const disk = await housekeeping.tidyDisk();
  const result = { ...claims, ...disk };
  setCurrentDetails(
    Object.entries(result)
      .map(([what, count]) => `${what}: ${count}`)
      .join(', '),
  );
  return result;
}
