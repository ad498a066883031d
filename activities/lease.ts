import { CancelledFailure, Context } from '@temporalio/activity';
import type { Ledger } from '../ledger/open.ts';
import { owner } from './claims.ts';
import type { TrainingProgress } from './train-series-model.ts';

export interface LeaseDeps {
  readonly ledger: Ledger;
  readonly leaseMs: number;
}

/**
 * Runs long work while the claim is held: heartbeats carry its progress and the lease is renewed thrice per length.
 * The work is aborted when Temporal cancels the activity or when a newer run took the claim over.
 */
export const underLease = async <T>(
  { ledger, leaseMs }: LeaseDeps,
  claimId: number,
  work: (options: { signal: AbortSignal; onProgress: (progress: TrainingProgress) => void }) => Promise<T>,
): Promise<T> => {
  const context = Context.current();
  const lost = new AbortController();
  const me = owner();
  let latest: TrainingProgress | undefined;
  const beat = setInterval(() => context.heartbeat(latest), 1000);
  const renewal = setInterval(() => {
    try {
      ledger.hold({ claimId, ...me, leaseMs });
    } catch (error) {
      lost.abort(error);
    }
  }, leaseMs / 3);
  try {
    return await work({
      signal: AbortSignal.any([context.cancellationSignal, lost.signal]),
      onProgress: (progress) => {
        latest = progress;
        context.heartbeat(progress);
      },
    });
  } catch (error) {
    // Which of the two ended the work decides what Temporal does: a cancellation is obeyed, a lost claim is terminal.
    if (lost.signal.aborted) throw lost.signal.reason;
    if (context.cancellationSignal.aborted)
      throw new CancelledFailure('the training was cancelled and has stopped');
    throw error;
  } finally {
    clearInterval(beat);
    clearInterval(renewal);
  }
};
