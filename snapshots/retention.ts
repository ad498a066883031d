import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CrashPoint } from '../ledger/crash-points.ts';
import { ifThere, syncDirectory, temporaryPrefix } from '../ledger/durable-file.ts';
import { SnapshotError } from './errors.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { snapshotNames } from './names.ts';

export interface SnapshotRow extends Pick<Manifest, 'name' | 'created_at' | 'champion' | 'candles'> {
  readonly versions: number;
  readonly bytes: number;
}

export type ListedSnapshot = SnapshotRow | { readonly name: string; readonly damaged: string };

const rowOf = (folder: string, name: string): ListedSnapshot => {
  try {
    const { created_at, champion, candles, versions, files } = readManifest(folder);
    const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
    return { ...{ name, created_at, champion, candles }, versions: versions.length, bytes };
  } catch (error) {
    if (error instanceof SnapshotError) return { name, damaged: error.message };
    throw error;
  }
};

/** Oldest first; only the manifest of each is looked at. */
export const listSnapshots = (snapshotDir: string): ListedSnapshot[] =>
  snapshotNames(snapshotDir).map((name) => rowOf(join(snapshotDir, name), name));

/** Renamed first: what has a snapshot's name is always complete. */
const remove = (snapshotDir: string, name: string, crash?: CrashPoint): void => {
  const aside = join(snapshotDir, `${temporaryPrefix}${name}`);
  renameSync(join(snapshotDir, name), aside);
  crash?.('old-snapshot:aside');
  rmSync(aside, { recursive: true, force: true });
  crash?.('old-snapshot:removed');
};

/** A run that is still copying is younger than that. */
const abandonedMs = 86_400_000;

const removeAbandoned = (snapshotDir: string): void => {
  const left = (ifThere(() => readdirSync(snapshotDir)) ?? [])
    .filter((name) => name.startsWith(temporaryPrefix))
    .map((name) => join(snapshotDir, name))
    .filter(
      (path) => Date.now() - (statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? Date.now()) > abandonedMs,
    );
  for (const path of left) rmSync(path, { recursive: true, force: true });
};

/** Keeps the newest `keep` snapshots. Returns the names of those that went. */
export const pruneSnapshots = (snapshotDir: string, keep: number, crash?: CrashPoint): string[] => {
  removeAbandoned(snapshotDir);
  const old = snapshotNames(snapshotDir).slice(0, -keep);
  for (const name of old) remove(snapshotDir, name, crash);
  if (old.length > 0) syncDirectory(snapshotDir);
  return old;
};
