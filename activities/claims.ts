import { activityInfo } from '@temporalio/activity';
import { seriesOfFile } from '../ledger/file-rows.ts';
import type { Ledger } from '../ledger/open.ts';
import { type Series, seriesKey } from '../series.ts';
import type { ClaimSummary } from '../workflows/types.ts';

export interface ClaimDeps {
  readonly ledger: Ledger;
  /** The series that are trained: EXCHANGE × SYMBOLS × TIMEFRAME. */
  readonly series: readonly Series[];
  /** MODEL_SCOPE: the workflow learns it here, so that a replay does as the run did. */
  readonly scope: 'series' | 'pooled';
  readonly leaseMs: number;
  /** A file that failed this often is quarantined. */
  readonly maxAttempts: number;
}

/** Claims belong to a run, not to a workflow id: a run made by Reset has to take over explicitly. */
export const owner = (): { workflowId: string; runId: string } => {
  const execution = activityInfo().workflowExecution;
  if (!execution) throw new Error('a claim belongs to a workflow run');
  return execution;
};

export const createClaimActivities = ({ ledger, series, scope, leaseMs, maxAttempts }: ClaimDeps) => ({
  /** Claims every new file of the series under one fence. Repeated in the same run it answers the same files. */
  async claimFiles(): Promise<ClaimSummary> {
    const keys = series.map(seriesKey);
    const claim = ledger.claim({ ...owner(), leaseMs, maxAttempts, series: keys });
    const perSeries = keys
      .map((key) => ({
        series: key,
        mine: claim.files.filter((file) => seriesKey(seriesOfFile(file)) === key),
      }))
      .filter(({ mine }) => mine.length > 0)
      .map(({ series: key, mine }) => ({
        series: key,
        files: mine.length,
        bars: mine.reduce((sum, { bars }) => sum + bars, 0),
      }));
    return { claimId: claim.claimId, claimedFiles: claim.files.length, scope, series: perSeries };
  },

  /** Gives files back; 0 when the claim holds none any more. */
  async giveBack(request: { claimId: number; series?: string[]; countAttempt: boolean }): Promise<number> {
    return ledger.giveBack({ ...owner(), ...request, maxAttempts });
  },

  /** What dead runs held goes back to the queue when its lease has expired. */
  async sweepClaims(): Promise<{ requeued: number; quarantined: number }> {
    const { requeued, quarantined } = ledger.sweepExpiredClaims(maxAttempts);
    return { requeued, quarantined };
  },
});
