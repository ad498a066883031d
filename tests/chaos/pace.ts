import type { timeouts } from '../../workflows/timeouts.ts';

/** How the machine's load stretches what is waited for; 1 on an idle one. */
export interface Pace {
  /** How long a claim holds: longer than it takes to notice a death and to start another worker. */
  readonly leaseMs: number;
  /** Instead of workflows/timeouts.ts: the death of a worker is noticed at once, so that many fit into a test. */
  readonly timeouts: Readonly<Record<keyof typeof timeouts, number>>;
}

/** What three processes need to load their code at once on two cores that have another test to do. */
const usualLoadMs = 5_000;

const between = (least: number, value: number, most: number): number =>
  Math.min(most, Math.max(least, value));

export const paceOf = (loadMs: number): Pace => {
  const slowness = loadMs / usualLoadMs;
  const stretched = (ms: number): number => Math.round(ms * between(1, slowness, 5));
  return {
    leaseMs: Math.round(6_000 * between(1, slowness, 6)),
    timeouts: {
      exchange: stretched(2_000),
      ledger: stretched(1_000),
      housekeeping: stretched(3_000),
      // Beyond what the whole activity may take: that ends it first.
      exchangeHeartbeat: 60_000,
      housekeepingHeartbeat: 60_000,
      trainingHeartbeat: stretched(2_000),
      // As soon as the next worker is there: what keeps dying is meant to here.
      ...{ exchangeRetry: 1_000, ledgerRetry: 1_000, housekeepingRetry: 1_000, trainingRetry: 1_000 },
    },
  };
};
