import { readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { CrashPoint } from './crash-points.ts';
import { ifThere, temporaryPrefix } from './durable-file.ts';
import type { Ledger } from './open.ts';

export interface OrphanRequest {
  readonly ledger: Ledger;
  readonly dataDir: string;
  /** Younger ones may still be on their way into the ledger. */
  readonly olderThanMs: number;
  /** The landing folder, relative to the data directory. Default `incoming`. */
  readonly landing?: string;
  readonly crash?: CrashPoint | undefined;
}

const filesUnder = (folder: string): string[] =>
  (ifThere(() => readdirSync(folder, { recursive: true, withFileTypes: true })) ?? [])
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

const isOld = (path: string, olderThanMs: number): boolean => {
  const stat = ifThere(() => statSync(path));
  return stat !== undefined && Date.now() - Math.floor(stat.mtimeMs) >= olderThanMs;
};

const isTemporary = (path: string): boolean => path.includes(`/${temporaryPrefix}`);

/** Nobody needs a CSV without a row, or one whose rows are all deleted. Quarantined ones stay as evidence. */
const isUnneeded = ({ ledger, dataDir }: OrphanRequest, path: string): boolean =>
  path.endsWith('.csv') &&
  ledger.filesAt(relative(dataDir, path)).every(({ status }) => status === 'deleted');

/** Looks and deletes under the write lock: a file that is being registered right now is seen, or sees that it went. */
const removeUnneeded = (request: OrphanRequest, path: string): boolean =>
  request.ledger.exclusively(() => {
    if (!isUnneeded(request, path)) return false;
    request.crash?.('orphan:found');
    rmSync(path, { force: true });
    request.crash?.('orphan:removed');
    return true;
  });

/**
 * The janitor: removes what crashes left on disk. Half-written files under landing and archive, CSVs that no row
 * knows, CSVs of deleted rows. Returns the paths removed, relative to the data directory.
 */
export const removeOrphans = (request: OrphanRequest): string[] => {
  const { dataDir, olderThanMs, landing = 'incoming' } = request;
  const landed = filesUnder(join(dataDir, landing)).filter((path) => isOld(path, olderThanMs));
  const archived = filesUnder(join(dataDir, 'archive')).filter((path) => isOld(path, olderThanMs));
  const temporary = [...landed, ...archived].filter(isTemporary);
  for (const path of temporary) rmSync(path, { force: true });
  const unneeded = landed.filter((path) => !isTemporary(path) && isUnneeded(request, path));
  const removed = unneeded.filter((path) => removeUnneeded(request, path));
  return [...temporary, ...removed].map((path) => relative(dataDir, path));
};
