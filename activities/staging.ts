import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Ledger } from '../ledger/open.ts';
import { parseSeries, seriesSlug } from '../series.ts';

const folderOf = (modelsDir: string): string => path.join(modelsDir, 'staging');

/** The file in which a training waits for its version, named by claim and series so that a retry overwrites its own. */
export const stagedPath = (modelsDir: string, claimId: number, series: string): string =>
  path.join(folderOf(modelsDir), String(claimId), `${seriesSlug(parseSeries(series))}.json`);

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
