import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Series, seriesKey } from '../series.ts';
import {
  archivedMonths,
  archivePath,
  monthEndMs,
  monthGone,
  monthOf,
  monthsBetween,
  readMonthFile,
} from './archive-files.ts';
import { archiveLock } from './archive-lock.ts';
import type { MonthChange } from './archive-months.ts';
import { type CandleLine, joinLines, readLines } from './candle-csv.ts';
import { sha256Of, verifyAndReadLines } from './candle-file.ts';
import type { CrashPoint } from './crash-points.ts';
import { writeDurably } from './durable-file.ts';
import type { FileRow } from './file-rows.ts';
import type { Ledger } from './open.ts';

const dayMs = 86_400_000;

export interface ArchiveRequest {
  readonly ledger: Ledger;
  readonly dataDir: string;
  readonly series: Series;
  /** Whether the CSVs go once their candles are in the archive. */
  readonly deleteAfterProcess: boolean;
  /** Months that ended this long before the newest candle are removed. */
  readonly archiveDays: number;
  readonly crash?: CrashPoint;
}

export interface Archived {
  /** Files whose candles were copied. */
  readonly archived: number;
  /** Files that became `deleted`. */
  readonly deleted: number;
  readonly prunedMonths: readonly string[];
}

const isEarlier = (one: FileRow, other: FileRow): boolean =>
  one.fetchedAt < other.fetchedAt || (one.fetchedAt === other.fetchedAt && one.seq < other.seq);

const overlaps = (one: FileRow, other: FileRow): boolean =>
  one.tStart <= other.tEnd && other.tStart <= one.tEnd;

/**
 * The later fetched copy of a candle wins, and the archive does not say when its copy was fetched. So a file waits
 * while an earlier fetched one with some of the same candles has not been archived.
 */
const readyFiles = (ledger: Ledger, series: Series): FileRow[] => {
  const waiting = ledger.unarchivedFiles(series, ['downloaded', 'processing']);
  const blocked: FileRow[] = [...waiting];
  const ready: FileRow[] = [];
  for (const file of ledger.processedFiles(series)) {
    const held = blocked.some((other) => isEarlier(other, file) && overlaps(other, file));
    (held ? blocked : ready).push(file);
  }
  return ready;
};

/** Is a month beyond ARCHIVE_DAYS? */
type IsOld = (month: string) => boolean;

const oldMonths = ({ ledger, series, archiveDays }: ArchiveRequest): IsOld => {
  const keptFromMs = (ledger.storedRange(series)?.toMs ?? 0) - archiveDays * dayMs;
  return (month) => monthEndMs(month) <= keptFromMs;
};

const byMonth = (lines: readonly CandleLine[]): Map<string, CandleLine[]> => {
  const months = new Map<string, CandleLine[]>();
  for (const line of lines) {
    const month = monthOf(line.openTimeMs);
    const known = months.get(month);
    if (known) known.push(line);
    else months.set(month, [line]);
  }
  return months;
};

/** Later copies of a candle replace earlier ones. A tombstone stays, so that it goes on winning over them. */
const merge = (earlier: readonly CandleLine[], later: readonly CandleLine[]): CandleLine[] => {
  const lines = new Map([...earlier, ...later].map((line) => [line.openTimeMs, line]));
  return [...lines.values()].sort((one, other) => one.openTimeMs - other.openTimeMs);
};

/** Replaces one month; the ledger knows its new hash before the bytes are there. */
const writeMonth = (request: ArchiveRequest, month: string, later: readonly CandleLine[]): MonthChange => {
  const { ledger, dataDir, series, crash } = request;
  const path = archivePath(dataDir, series, month);
  const file = readMonthFile(request, month);
  const bytes = joinLines(merge(file ? readLines(file.bytes, path) : [], later));
  const change = { series, month, from: file?.sha256 ?? null, to: sha256Of(bytes) };
  ledger.announceMonth(change);
  writeDurably(path, bytes, { crash, what: 'month' });
  return change;
};

const copyToArchive = (request: ArchiveRequest): number => {
  const { ledger, dataDir, series, crash } = request;
  const ready = readyFiles(ledger, series);
  if (ready.length === 0) return 0;
  const months = byMonth(ready.flatMap((file) => verifyAndReadLines(file, dataDir)));
  const changes = [...months].map(([month, later]) => writeMonth(request, month, later));
  crash?.('archive:written');
  ledger.markArchived(
    ready.map(({ fileId }) => fileId),
    changes,
  );
  crash?.('archive:marked');
  return ready.length;
};

/** Of the months that are kept, each that the ledger knows is there: one that is gone is found, whether it is read or not. */
const demandMonths = (request: ArchiveRequest, isOld: IsOld): void => {
  const { ledger, dataDir, series } = request;
  const kept = ledger.archiveMonths(series).filter(({ month }) => !isOld(month));
  for (const { month } of kept)
    if (!existsSync(archivePath(dataDir, series, month))) readMonthFile(request, month);
};

/** A CSV that goes may be the last sound copy of its candles: the months that have them are read once more before. */
const demandCopies = (request: ArchiveRequest, files: readonly FileRow[], isOld: IsOld): void => {
  const { dataDir, series } = request;
  // Months between the first and the last candle may have none.
  const ends = new Set(files.flatMap(({ tStart, tEnd }) => [monthOf(tStart), monthOf(tEnd)]));
  const months = new Set(files.flatMap(({ tStart, tEnd }) => monthsBetween(tStart, tEnd)));
  for (const month of [...months].filter((one) => !isOld(one)))
    if (!readMonthFile(request, month) && ends.has(month)) throw monthGone({ dataDir, series, month });
};

/** First the rows, then the CSVs: a crash between them leaves CSVs that the janitor removes. */
const deleteArchived = (request: ArchiveRequest, isOld: IsOld): number => {
  const { ledger, dataDir, series, crash } = request;
  const gone = ledger.archivedFiles(series);
  demandCopies(request, gone, isOld);
  const deleted = ledger.markDeleted(gone.map(({ fileId }) => fileId));
  crash?.('archive:deleted');
  for (const { path } of gone) {
    rmSync(join(dataDir, path), { force: true });
    crash?.('archive:unlinked');
  }
  return deleted;
};

/** Forgotten first: a crash before its file goes leaves one that the next pass removes, and no loss that never was. */
const pruneMonths = (request: ArchiveRequest, isOld: IsOld): string[] => {
  const { ledger, dataDir, series, crash } = request;
  const old = archivedMonths(request).filter(isOld);
  for (const month of old) {
    ledger.forgetMonth(series, month);
    rmSync(archivePath(dataDir, series, month), { force: true });
    crash?.('month:removed');
  }
  return old;
};

/**
 * Compacts processed files of a series into one file per month, then lets their CSVs go. Repeating it after a crash
 * at any point ends in the same archive. A corrupt file stops it before anything is written, and so does a month that is
 * altered or gone (`CandleFileCorrupt`, `CandleFileMissing`).
 */
export const archiveProcessed = (request: ArchiveRequest): Archived =>
  archiveLock(request.dataDir, seriesKey(request.series), () => {
    const isOld = oldMonths(request);
    demandMonths(request, isOld);
    return {
      archived: copyToArchive(request),
      deleted: request.deleteAfterProcess ? deleteArchived(request, isOld) : 0,
      prunedMonths: pruneMonths(request, isOld),
    };
  });
