/**
 * How soon the death of a worker is noticed, and how long its work waits at most before it is tried again, by class of
 * work. A file of its own, so that tests that kill many can be quicker.
 */
export const timeouts = {
  exchange: '2 minutes',
  exchangeHeartbeat: '30 seconds',
  ledger: '10 seconds',
  housekeeping: '10 minutes',
  housekeepingHeartbeat: '1 minute',
  trainingHeartbeat: '10 seconds',
  exchangeRetry: '1 minute',
  ledgerRetry: '10 seconds',
  housekeepingRetry: '30 seconds',
  trainingRetry: '30 seconds',
} as const;
