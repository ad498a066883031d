import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CrashPoint } from '../ledger/crash-points.ts';
import { makeDirectory, syncDirectory, writeSynced } from '../ledger/durable-file.ts';
import type { Ledger } from '../ledger/open.ts';
import { asStorageFailure } from '../ledger/storage-failure.ts';
import { registryDir, versionDir } from './store.ts';

export interface PruneRequest {
  readonly ledger: Ledger;
  readonly modelsDir: string;
  /** How many of the newest versions stay, besides the protected ones. */
  readonly keep: number;
  /** Where a version is copied completely before it goes (MODEL_ARCHIVE_DIR). */
  readonly archiveDir?: string;
  readonly crash?: CrashPoint | undefined;
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** Copies into a folder beside the final one, synced, then renames: the archive never holds half a version. */
const copyDurably = (from: string, to: string, archiveDir: string, crash: CrashPoint | undefined): void => {
  const staging = `${to}.partial`;
  rmSync(staging, { recursive: true, force: true });
  makeDirectory(archiveDir);
  mkdirSync(staging);
  for (const name of readdirSync(from)) {
    writeSynced(join(staging, name), readFileSync(join(from, name)));
    crash?.('version:copied');
  }
  syncDirectory(staging);
  renameSync(staging, to);
};

const archive = ({ modelsDir, archiveDir, crash }: PruneRequest, versionId: string): void => {
  if (archiveDir === undefined) return;
  const [from, to] = [versionDir(modelsDir, versionId), join(archiveDir, versionId)];
  try {
    if (!isThere(to) && isThere(from)) copyDurably(from, to, archiveDir, crash);
    // Also of a copy that was there: whoever made it may have died before this, and the other one goes next.
    if (isThere(to)) syncDirectory(archiveDir);
  } catch (error) {
    throw asStorageFailure(error, to);
  }
};

const prunedPrefix = '.pruned-';

/** Renamed first: a directory under its own name is always complete. */
const removeDir = ({ modelsDir, crash }: PruneRequest, versionId: string): void => {
  const dir = versionDir(modelsDir, versionId);
  const aside = join(registryDir(modelsDir), `${prunedPrefix}${versionId}`);
  if (isThere(dir)) {
    renameSync(dir, aside);
    crash?.('version:aside');
  }
  rmSync(aside, { recursive: true, force: true });
};

const prune = (request: PruneRequest, versionId: string): boolean => {
  archive(request, versionId);
  request.crash?.('version:archived');
  if (!request.ledger.markPruned(versionId)) return false;
  request.crash?.('version:marked');
  removeDir(request, versionId);
  request.crash?.('version:removed');
  return true;
};

/** What a crash between mark and removal left. */
const finishRemovals = (request: PruneRequest): void => {
  for (const { versionId } of request.ledger.prunedVersions()) removeDir(request, versionId);
};

/**
 * Removes versions beyond the newest `keep`; never the champion, its predecessor or a head of a lineage. With
 * `archiveDir` each is copied there first. Returns the ids of those that went.
 */
export const pruneVersions = (request: PruneRequest): string[] => {
  finishRemovals(request);
  return request.ledger
    .prunableVersions({ keep: request.keep })
    .map(({ versionId }) => versionId)
    .filter((versionId) => prune(request, versionId));
};
