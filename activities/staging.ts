import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { sha256Of } from '../ledger/candle-file.ts';
import type { CrashPoint } from '../ledger/crash-points.ts';
import { writeDurably } from '../ledger/durable-file.ts';
import type { Ledger } from '../ledger/open.ts';
import { parseSeries, seriesSlug } from '../series.ts';
import type { SeriesOutcome } from '../workflows/types.ts';
import type { StagedTraining } from './version-metadata.ts';

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

export interface StagingDeps {
  readonly modelsDir: string;
  /** Named points between steps, for tests that end the process there. */
  readonly crash?: CrashPoint | undefined;
}

/** Writes what was trained for one series to its staged file and says how it came out. */
export const stageTraining = (
  { modelsDir, crash }: StagingDeps,
  claimId: number,
  series: string,
  staged: StagedTraining,
): SeriesOutcome => {
  const { training } = staged;
  const bytes = Buffer.from(JSON.stringify(staged));
  const sha256 = sha256Of(bytes);
  const file = stagedPath(modelsDir, claimId, series, sha256);
  writeDurably(file, bytes, { crash, what: 'staged' });
  return {
    series,
    artefact: { path: path.relative(modelsDir, file), sha256 },
    decision: training.gate.decision,
    reason: training.gate.reason,
    metricValue: training.metricValue,
    heldOutCandles: training.scoredCandles ?? training.model.judged?.heldOut.candles ?? 0,
    nObs: training.nObs,
    nStates: training.model.hmm.startProbability.length,
  };
};

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
