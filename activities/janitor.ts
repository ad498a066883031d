import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { auditFolders } from '../audit/folders.ts';
import type { NewAlert } from '../ledger/alerts.ts';
import { type Archived, archiveProcessed } from '../ledger/archive.ts';
import type { CrashPoint } from '../ledger/crash-points.ts';
import { isLedgerError } from '../ledger/errors.ts';
import type { Ledger } from '../ledger/open.ts';
import { removeOrphans } from '../ledger/orphans.ts';
import { systemCode } from '../ledger/storage-failure.ts';
import { pruneVersions } from '../registry/prune.ts';
import { quarantineUnknown, removeStaging } from '../registry/quarantine.ts';
import { type Series, seriesKey } from '../series.ts';
import { owner } from './claims.ts';
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
  /**
   * Compacts processed files into monthly archives and lets their CSVs go; repeating it changes nothing more. A series
   * that fails stops neither the others nor the retrain that has promoted: it is a condition until it succeeds.
   */
  async archiveProcessed(): Promise<{ archived: number; deleted: number }> {
    const done: Archived[] = [];
    const failed: NewAlert[] = [];
    for (const series of deps.series) {
      try {
        done.push(archiveSeries(deps, series));
      } catch (error) {
        failed.push(notArchived(series, error));
      }
      // Compacting is synchronous: heartbeats go out between two series.
      await setImmediate();
    }
    deps.ledger.observeConditions({ kinds: ['archive_failed'], found: failed, settleMs: 0, run: owner() });
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
    const rowsCompacted = ledger.compactRows({ olderThanMs: deps.ledgerRowsMs, limit: filesAtOnce }).files;
    ledger.recordReading('janitor', 0);
    return {
      orphansRemoved: orphans.length + half.length + staged,
      versionsQuarantined: unknown.length,
      versionsPruned: pruned.length,
      rowsCompacted,
    };
  },
});

/** A file or a month that went bad since it was trained on is put aside, and the others are archived all the same. */
const archiveSeries = (deps: JanitorDeps, series: Series): Archived =>
  withoutBadFiles(deps.ledger, () => archiveProcessed({ ...deps, series }));

/** Its CSVs stay, and the next retrain takes them. What neither the ledger nor the system says is a bug, and thrown. */
const notArchived = (series: Series, error: unknown): NewAlert => {
  const code = isLedgerError(error) ? error.code : systemCode(error);
  if (code === undefined) throw error;
  const message = `the candles of ${seriesKey(series)} were not archived: ${(error as Error).message}`;
  return { kind: 'archive_failed', subject: seriesKey(series), message, detail: { code } };
};
