import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CrashPoint } from '../ledger/crash-points.ts';
import { makeDirectory, syncDirectory } from '../ledger/durable-file.ts';
import type { Ledger } from '../ledger/open.ts';
import { listVersionDirs, registryDir, stagingPrefix } from './store.ts';

export interface RegistryJanitor {
  readonly ledger: Ledger;
  readonly modelsDir: string;
  /** Younger ones may still be on their way into the ledger: at least the lease. */
  readonly olderThanMs: number;
  readonly crash?: CrashPoint | undefined;
}

const isOld = (path: string, olderThanMs: number): boolean => {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - Math.floor(stat.ctimeMs) >= olderThanMs;
};

const moveAside = ({ ledger, modelsDir, crash }: RegistryJanitor, versionId: string): void => {
  const folder = join(modelsDir, 'quarantine');
  makeDirectory(folder);
  renameSync(join(registryDir(modelsDir), versionId), join(folder, `${versionId}-${Date.now()}`));
  syncDirectory(folder);
  crash?.('unknown:moved');
  ledger.audit({
    actor: 'ledger',
    action: 'version.quarantine',
    subject: versionId,
    detail: 'no run committed it',
  });
};

const quarantineIfUnknown = (request: RegistryJanitor, versionId: string): boolean =>
  request.ledger.exclusively(() => {
    if (request.ledger.version(versionId) !== undefined) return false;
    moveAside(request, versionId);
    return true;
  });

/**
 * Moves complete directories that the ledger does not know to `<modelsDir>/quarantine`: never deleted, never served.
 * It looks under the write lock, so a commit sees either its directory or that it went (`isInPlace`).
 */
export const quarantineUnknown = (request: RegistryJanitor): string[] =>
  listVersionDirs(request.modelsDir)
    .filter((versionId) => isOld(join(registryDir(request.modelsDir), versionId), request.olderThanMs))
    .filter((versionId) => quarantineIfUnknown(request, versionId));

/** Removes half-written directories of crashed runs. Returns their names. */
export const removeStaging = ({ modelsDir, olderThanMs }: RegistryJanitor): string[] => {
  const root = registryDir(modelsDir);
  const names = statSync(root, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(root);
  const left = names.filter((name) => name.startsWith(stagingPrefix) && isOld(join(root, name), olderThanMs));
  for (const name of left) rmSync(join(root, name), { recursive: true, force: true });
  return left;
};
