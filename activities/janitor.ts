import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { auditFolders } from '../audit/folders.ts';
import { type Archived, archiveProcessed } from '../ledger/archive.ts';
import type { CrashPoint } from '../ledger/crash-points.ts';
import type { Ledger } from '../ledger/open.ts';
import { removeOrphans } from '../ledger/orphans.ts';
import { pruneVersions } from '../registry/prune.ts';
import { quarantineUnknown, removeStaging } from '../registry/quarantine.ts';
import type { Series } from '../series.ts';
import { withoutBadFiles } from './quarantine.ts';
import { removeStagedTrainings } from './staging.ts';

export interface JanitorDeps {
  readonly ledger: Ledger;
  readonly series: readonly Series[];
  readonly dataDir: string;
  readonly landingDir: string;
  /** Audit rows stay in the ledger for so long, then in compressed files. */
  readonly auditKeepMs: number;
  readonly modelsDir: string;
  readonly modelArchiveDir?: string | undefined;
  readonly archiveDays: number;
  readonly deleteAfterProcess: boolean;
  readonly keepModels: number;
  /** LEDGER_ROWS_DAYS */
  readonly ledgerRowsMs: number;
  /** What is younger may still be on its way into the ledger. */
  readonly leaseMs: number;
  /** Named points between steps, for tests that end the process there. */
  readonly crash?: CrashPoint;
}

/** Some 100 ms under the write lock. */
const filesAtOnce = 1000;

export const createJanitorActivities = (deps: JanitorDeps) => ({
  /** Compacts processed files into monthly archives and lets their CSVs go; repeating it changes nothing more. */
  async archiveProcessed(): Promise<{ archived: number; deleted: number }> {
    const done: Archived[] = [];
    for (const series of deps.series) {
      done.push(archiveSeries(deps, series));
      // Compacting is synchronous: heartbeats go out between two series.
      await setImmediate();
    }
    return {
      archived: done.reduce((sum, { archived }) => sum + archived, 0),
      deleted: done.reduce((sum, { deleted }) => sum + deleted, 0),
    };
  },

  /** Removes what crashes left: orphan files, half-written versions, staged trainings; prunes old versions, folds old rows. */
  async tidyDisk(): Promise<{
    orphansRemoved: number;
    versionsQuarantined: number;
    versionsPruned: number;
    rowsCompacted: number;
  }> {
    const { ledger, modelsDir, dataDir, crash } = deps;
    const folder = auditFolders(dataDir).ledger;
    ledger.rotateAudit({ folder, beforeMs: Date.now() - deps.auditKeepMs });
    const olderThanMs = 2 * deps.leaseMs;
    const landing = path.relative(dataDir, deps.landingDir);
    const orphans = removeOrphans({ ledger, dataDir, landing, olderThanMs, crash });
    const half = removeStaging({ ledger, modelsDir, olderThanMs });
    const unknown = quarantineUnknown({ ledger, modelsDir, olderThanMs, crash });
    const staged = removeStagedTrainings(ledger, modelsDir);
    const archive = deps.modelArchiveDir === undefined ? {} : { archiveDir: deps.modelArchiveDir };
    const pruned = pruneVersions({ ledger, modelsDir, keep: deps.keepModels, crash, ...archive });
    return {
      orphansRemoved: orphans.length + half.length + staged,
      versionsQuarantined: unknown.length,
      versionsPruned: pruned.length,
      rowsCompacted: ledger.compactRows({ olderThanMs: deps.ledgerRowsMs, limit: filesAtOnce }).files,
    };
  },
});

/** A file that went bad since it was trained on is put aside, and the others are archived all the same. */
const archiveSeries = (deps: JanitorDeps, series: Series): Archived =>
  withoutBadFiles(deps.ledger, () => archiveProcessed({ ...deps, series }));
