import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Series, seriesKey } from '../series.ts';
import { archivedMonths, readArchivedMonth } from './archive-files.ts';
import { archiveLock } from './archive-lock.ts';
import { type CandleLine, isTombstone, joinLines } from './candle-csv.ts';
import { candleFileName, fileIdOf, sha256Of, verifyAndReadLines } from './candle-file.ts';
import { ifThere, writeDurably } from './durable-file.ts';
import type { FileRow, NewFile } from './file-rows.ts';
import type { LineageRow } from './lineage-rows.ts';
import type { LineageStart } from './lineages.ts';
import type { Ledger } from './open.ts';

export interface TakeBack extends Pick<LineageStart, 'actor' | 'reason' | 'branch'> {
  readonly ledger: Ledger;
  readonly dataDir: string;
  /** Relative to the data directory. */
  readonly landing: string;
  readonly series: Series;
  /** A branch: open time of the last candle that its head was trained on. */
  readonly afterMs?: number;
}

export interface TakenBack {
  readonly lineage: LineageRow;
  readonly requeuedFiles: number;
  readonly restoredFiles: number;
  readonly candles: number;
}

/** Processed, and its CSV still there. */
const isOnDisk = ({ dataDir }: TakeBack, { path }: FileRow): boolean =>
  ifThere(() => readFileSync(join(dataDir, path))) !== undefined;

/** What the branch inherits stays as it is; everything else that was processed waits again. */
const filesToRequeue = (request: TakeBack): FileRow[] => {
  const { ledger, series, branch } = request;
  const limit = Number.MAX_SAFE_INTEGER;
  const kept = new Set(branch ? inheritedFiles(ledger, branch) : []);
  return ledger
    .files({ series, status: 'processed', limit })
    .filter(({ fileId }) => !kept.has(fileId))
    .filter((file) => isOnDisk(request, file));
};

const inheritedFiles = (ledger: Ledger, branch: NonNullable<TakeBack['branch']>): string[] => {
  const last = ledger.version(branch.versionId)?.seq ?? 0;
  return ledger
    .dispositions(branch.lineage)
    .filter(({ versionId }) => (ledger.version(versionId)?.seq ?? 0) <= last)
    .map(({ fileId }) => fileId);
};

/**
 * One file of a month's archived candles that no file on disk holds. It counts as fetched before every other file: a
 * correction that still waits is newer than what the archive has.
 */
const restoreMonth = (
  request: TakeBack,
  month: string,
  covered: ReadonlySet<number>,
  fetchedAt: number,
): NewFile[] => {
  const { dataDir, series, landing, afterMs = Number.NEGATIVE_INFINITY } = request;
  const lines = readArchivedMonth(request, month).filter(
    (line) => line.openTimeMs > afterMs && !covered.has(line.openTimeMs) && !isTombstone(line),
  );
  const [first, last] = [lines[0], lines.at(-1)];
  if (!first || !last) return [];
  const bytes = joinLines(lines);
  const fileId = fileIdOf(series, bytes);
  const range = { tStart: first.openTimeMs, tEnd: last.openTimeMs };
  const path = join(landing, candleFileName(series, range.tStart, range.tEnd, fileId));
  writeDurably(join(dataDir, path), bytes);
  const content = { fileId, sha256: sha256Of(bytes), path, kind: 'restored', ...range } as const;
  return [{ ...content, ...series, bars: lines.length, sizeBytes: bytes.length, fetchedAt }];
};

/**
 * Begins a lineage and gives it its candles: files whose CSVs are on disk wait again, and what only the archive still
 * has comes back as one file per month. So training reads files only, also here. Under the archive's lock, so that
 * nothing is moved meanwhile; a crash before the ledger's transaction leaves CSVs that the janitor removes.
 */
export const beginLineage = (request: TakeBack): TakenBack =>
  archiveLock(request.dataDir, seriesKey(request.series), () => {
    const { ledger, dataDir, series, actor, reason, branch } = request;
    const requeue = filesToRequeue(request);
    const lines: CandleLine[] = requeue.flatMap((file) => verifyAndReadLines(file, dataDir));
    const copies = new Map(lines.map((line) => [line.openTimeMs, line]));
    const covered = new Set(copies.keys());
    const fetchedAt = (ledger.oldestFetchMs(series) ?? 0) - 1;
    const restored = archivedMonths(request).flatMap((month) =>
      restoreMonth(request, month, covered, fetchedAt),
    );
    const lineage = ledger.startLineage({
      ...{ series: seriesKey(series), actor, reason, restored },
      ...(branch && { branch }),
      requeue: requeue.map(({ fileId }) => fileId),
    });
    const onDisk = [...copies.values()].filter((line) => !isTombstone(line)).length;
    const candles = onDisk + restored.reduce((sum, { bars }) => sum + bars, 0);
    return { lineage, requeuedFiles: requeue.length, restoredFiles: restored.length, candles };
  });
