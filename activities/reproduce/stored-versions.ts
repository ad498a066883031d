import path from 'node:path';
import type { Ledger } from '../../ledger/open.ts';
import { isRegistryError } from '../../registry/errors.ts';
import type { SeriesHead } from '../../registry/head-file.ts';
import { headIn } from '../../registry/heads.ts';
import { readHeadsTextIn, readVersionIn, registryDir, type StoredVersion } from '../../registry/store.ts';

export interface VersionPlaces {
  readonly ledger: Ledger;
  readonly modelsDir: string;
  /** MODEL_ARCHIVE_DIR: where pruned versions may be. */
  readonly archiveDir?: string | undefined;
}

export interface FoundVersion extends StoredVersion {
  readonly folder: string;
}

/** Registry first, then the archive of pruned versions; a reason when it is in neither. */
export const findVersion = (
  places: VersionPlaces,
  versionId: string,
): FoundVersion | { readonly gone: string } => {
  const { ledger, modelsDir, archiveDir } = places;
  const row = ledger.version(versionId);
  if (!row) return { gone: `the ledger knows no version ${versionId}` };
  for (const folder of [registryDir(modelsDir), archiveDir]) {
    if (folder === undefined) continue;
    try {
      return { ...readVersionIn(folder, versionId, row.modelHash), folder };
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      if (error.code === 'Corrupt') return { gone: error.message };
    }
  }
  const pruned = row.prunedAt === null ? '' : `, pruned ${new Date(row.prunedAt).toISOString()}`;
  const archive = archiveDir === undefined ? 'MODEL_ARCHIVE_DIR is not set' : `not in ${archiveDir} either`;
  return { gone: `the version ${versionId} (model ${row.modelHash})${pruned}; ${archive}` };
};

/** The head that a lineage went on from; a reason when it is gone. */
export const findHead = (
  places: VersionPlaces,
  versionId: string,
  series: string,
): SeriesHead | { readonly gone: string } => {
  const found = findVersion(places, versionId);
  if ('gone' in found) return { gone: `the lineage head in ${found.gone}` };
  try {
    return headIn(readHeadsTextIn(path.join(found.folder, versionId)), series);
  } catch (error) {
    if (isRegistryError(error)) return { gone: error.message };
    throw error;
  }
};
