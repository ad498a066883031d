import type { Places } from './places.ts';
import { pruneSnapshots } from './retention.ts';
import { takeSnapshot } from './take.ts';

export interface ScheduledSnapshot {
  readonly places: Places;
  /** SNAPSHOT_KEEP */
  readonly keep: number;
  readonly atMs: number;
}

/** What the daily run does. Small enough for a payload: the manifest itself stays on disk. */
export const takeAndPrune = async ({ places, keep, atMs }: ScheduledSnapshot) => {
  const { name, champion, versions, missing, files } = await takeSnapshot({ places, atMs });
  return {
    ...{ name, champion, versions: versions.length, missing: missing.length },
    files: Object.keys(files).length,
    bytes: Object.values(files).reduce((sum, file) => sum + file.bytes, 0),
    removed: pruneSnapshots(places.snapshotDir, keep).length,
  };
};
