import type { Ledger } from '../ledger/open.ts';
import type { SnapshotResult } from '../workflows/types.ts';

export interface SnapshotDeps {
  readonly ledger: Ledger;
  /** Takes the snapshot of that moment and lets old ones go, away from the thread that talks to Temporal. */
  readonly snapshot: (atMs: number) => Promise<SnapshotResult>;
}

export const createSnapshotActivities = ({ ledger, snapshot }: SnapshotDeps) => ({
  /** The same moment again answers the same snapshot. */
  async takeSnapshot({ atMs }: { atMs: number }): Promise<SnapshotResult> {
    const made = await snapshot(atMs);
    ledger.recordReading('snapshot', made.missing);
    return made;
  },
});
