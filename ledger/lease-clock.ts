import { eq } from 'drizzle-orm';
import type { Reader, Writer } from './database.ts';
import { leaseClock } from './schema/meta.ts';

export interface LeaseClock {
  /** What the clock shows, ms; written down, so that every process goes on from there. Under the write lock. */
  read(tx: Writer): number;
  /** Notices how far other processes have got, without writing. */
  look(db: Reader): void;
}

const stored = (db: Reader): number | undefined =>
  db.select().from(leaseClock).where(eq(leaseClock.id, 1)).get()?.nowMs;

const store = (tx: Writer, nowMs: number): void => {
  tx.insert(leaseClock)
    .values({ id: 1, nowMs })
    .onConflictDoUpdate({ target: leaseClock.id, set: { nowMs } })
    .run();
};

/**
 * The clock that leases are counted on. It stands in the ledger, and each process moves it by the time that passed for
 * itself, measured on a clock that only runs forward; the system's time of day is never asked. So it never runs
 * faster than real time, whatever the clocks of the processes show or are set to: no live lease is swept early. And
 * while any process looks, it does not stand still: no dead lease lives for ever. Only while no process has the ledger
 * open does it pause. See docs/decisions/0004-leases-on-the-ledgers-own-clock.md.
 */
export const createLeaseClock = (elapsedMs: () => number, startMs: () => number): LeaseClock => {
  /** What the clock showed when `elapsedMs` was 0, as far as this process knows; others may know better. */
  let origin = Number.NEGATIVE_INFINITY;
  const look = (db: Reader): number => {
    const shown = stored(db) ?? startMs();
    origin = Math.max(origin, shown - elapsedMs());
    return shown;
  };
  return {
    look: (db) => void look(db),
    read: (tx) => {
      const shown = look(tx);
      const now = Math.max(shown, Math.floor(origin + elapsedMs()));
      if (now > shown || stored(tx) === undefined) store(tx, now);
      return now;
    },
  };
};
