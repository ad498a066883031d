import { CancelledFailure, Context } from '@temporalio/activity';
import { isLedgerError } from '../ledger/errors.ts';
import type { Ledger } from '../ledger/open.ts';
import { owner } from './claims.ts';
import type { TrainingProgress } from './train-series-model.ts';

/** What the heartbeats of a training carry; without a phase it waits for a thread, or reads its candles. */
export interface TrainingHeartbeat extends Partial<TrainingProgress> {
  /** The series, or how many of them. */
  readonly what: string;
}

export interface LeaseDeps {
  readonly ledger: Ledger;
  readonly leaseMs: number;
}

/**
 * What fails because the claim was lost meanwhile says so: the janitor puts aside what a run left that it took for dead,
 * and the run, when it wakes, would only say that its directory is missing.
 */
export const orFenced = <T>(ledger: Ledger, claimId: number, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    ledger.renew({ claimId, ...owner(), leaseMs: 0 });
    throw error;
  }
};

/** A ledger that is busy for a moment is no reason to lose a training; the next renewal comes before the lease is over. */
const isLoss = (error: unknown): boolean => !isLedgerError(error, 'StorageUnavailable');

/**
 * Runs long work while the claim is held: heartbeats carry its progress and the lease is renewed thrice per length.
 * The work is aborted when Temporal cancels the activity or when the claim is lost: a newer run took it over, or this
 * process stood still for longer than the lease. Work that was finished all the same is not handed on.
 */
export const underLease = async <T>(
  { ledger, leaseMs }: LeaseDeps,
  { claimId, what }: { readonly claimId: number; readonly what: string },
  work: (options: { signal: AbortSignal; onProgress: (progress: TrainingProgress) => void }) => Promise<T>,
): Promise<T> => {
  const context = Context.current();
  const lost = new AbortController();
  const me = owner();
  /** For 0 ms it only proves that the claim is held. */
  const renew = (forMs: number): void => {
    try {
      ledger.renew({ claimId, ...me, leaseMs: forMs });
    } catch (error) {
      if (isLoss(error)) lost.abort(error);
    }
  };
  let latest: TrainingHeartbeat = { what };
  const beat = setInterval(() => context.heartbeat(latest), 1000);
  const renewal = setInterval(() => renew(leaseMs), leaseMs / 3);
  try {
    const done = await work({
      signal: AbortSignal.any([context.cancellationSignal, lost.signal]),
      onProgress: (progress) => {
        latest = { what, ...progress };
        context.heartbeat(latest);
      },
    });
    renew(leaseMs);
    lost.signal.throwIfAborted();
    return done;
  } catch (error) {
    // Which of the two ended the work decides what Temporal does: a cancellation is obeyed, a lost claim is terminal.
    renew(0);
    if (lost.signal.aborted) throw lost.signal.reason;
    if (context.cancellationSignal.aborted)
      throw new CancelledFailure('the training was cancelled and has stopped');
    throw error;
  } finally {
    clearInterval(beat);
    clearInterval(renewal);
  }
};
