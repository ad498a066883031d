import type { SnapshotResult } from '../workflows/types.ts';

export interface SnapshotDeps {
  /** Takes the snapshot of that moment and lets old ones go, away from the thread that talks to Temporal. */
  readonly snapshot: (atMs: number) => Promise<SnapshotResult>;
}

export const createSnapshotActivities = ({ snapshot }: SnapshotDeps) => ({
  /** The same moment again answers the same snapshot. */
  async takeSnapshot({ atMs }: { atMs: number }): Promise<SnapshotResult> {
    return await snapshot(atMs);
  },
});
