import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { timeouts } from './timeouts.ts';

/**
 * Exchange reads resume at the watermark, so repeating one stores nothing twice; they retry without end because an
 * exchange that is down comes back, and terminal failures (unknown symbol, restricted region) are non-retryable.
 */
export const exchange = proxyActivities<Activities>({
  startToCloseTimeout: timeouts.exchange,
  heartbeatTimeout: timeouts.exchangeHeartbeat,
  retry: { initialInterval: '1 second', maximumInterval: timeouts.exchangeRetry },
});

/**
 * Ledger and registry steps are idempotent under their fence, so they may repeat freely. A cancelled run waits for the
 * step at hand, so that compensation never races with it. They take milliseconds; after a crash the retry must come well
 * within the lease (LEASE_MS), or the claim is over before the step that would have completed it.
 */
export const ledger = proxyActivities<Activities>({
  startToCloseTimeout: timeouts.ledger,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '200 milliseconds', maximumInterval: timeouts.ledgerRetry, maximumAttempts: 30 },
});

/** Compacting and tidying read and write many files; repeating them changes nothing more. */
export const housekeeping = proxyActivities<Activities>({
  startToCloseTimeout: timeouts.housekeeping,
  heartbeatTimeout: timeouts.housekeepingHeartbeat,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1 second', maximumInterval: timeouts.housekeepingRetry, maximumAttempts: 10 },
});

/**
 * Training is long: heartbeats notice a dead worker, and a cancelled run waits until the training thread has really
 * stopped, or the files would be given back while they are still being trained on.
 */
export const training = proxyActivities<Activities>({
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: timeouts.trainingHeartbeat,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1 second', maximumInterval: timeouts.trainingRetry, maximumAttempts: 5 },
});

/** The watch comes again within a minute, so a step of it that fails is not tried for long. */
export const watching = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1 second', maximumAttempts: 2 },
});
