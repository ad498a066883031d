import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Ledger } from '../ledger/open.ts';
import { parseSeries, seriesSlug } from '../series.ts';

const folderOf = (modelsDir: string): string => path.join(modelsDir, 'staging');

/**
 * The file in which a training waits for its version. Its name holds its hash: a body that was reset away, or whose
 * heartbeat was lost, and that finishes late writes beside the file that the version is made of, never over it.
 */
export const stagedPath = (modelsDir: string, claimId: number, series: string, sha256: string): string =>
  path.join(
    folderOf(modelsDir),
    String(claimId),
    `${seriesSlug(parseSeries(series))}-${sha256.slice(0, 12)}.json`,
  );

export const removeStaged = (modelsDir: string, claimId: number): void =>
  rmSync(path.join(folderOf(modelsDir), String(claimId)), { recursive: true, force: true });

/** Trainings of claims that are over: their run ended before it could make a version of them. */
export const removeStagedTrainings = (ledger: Ledger, modelsDir: string): number => {
  const open = new Set(ledger.openClaims().map(({ claimId }) => claimId));
  const over = stagedClaims(modelsDir).filter((claimId) => !open.has(claimId));
  for (const claimId of over) removeStaged(modelsDir, claimId);
  return over.length;
};

const stagedClaims = (modelsDir: string): number[] => {
  try {
    return readdirSync(folderOf(modelsDir)).map(Number);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};
