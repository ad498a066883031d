import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Series } from '../../series.ts';
import { monthOf, readArchivedMonth } from '../archive-files.ts';
import { type CandleLine, joinLines } from '../candle-csv.ts';
import { candleFileName, fileIdOf, seriesFolder, sha256Of } from '../candle-file.ts';
import type { CrashPoint } from '../crash-points.ts';
import { writeDurably } from '../durable-file.ts';
import { isLedgerError } from '../errors.ts';
import type { FileRow, NewFile } from '../file-rows.ts';
import type { Gap } from '../gaps.ts';
import type { Ledger } from '../open.ts';

export interface ImportPlace {
  readonly ledger: Ledger;
  readonly dataDir: string;
  /** The landing folder, relative to the data directory. */
  readonly landing: string;
  readonly series: Series;
  readonly actor: string;
  readonly crash?: CrashPoint;
}

export interface ImportLanding extends ImportPlace {
  /** Ascending, at least one. */
  readonly candles: readonly CandleLine[];
  readonly gaps: readonly Gap[];
  /** When the candles were fetched: of two copies the later fetched one counts. */
  readonly fetchedAt: number;
  readonly overGap: boolean;
  readonly source: object;
}

const nextMonthMs = (timeMs: number): number => {
  const at = new Date(timeMs);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1);
};

/** One file per calendar month: another import of the same or of a longer history makes the same files again. */
const byMonth = (candles: readonly CandleLine[]): CandleLine[][] => {
  const months: CandleLine[][] = [];
  let endMs = Number.NEGATIVE_INFINITY;
  for (const candle of candles) {
    if (candle.openTimeMs >= endMs) {
      months.push([]);
      endMs = nextMonthMs(candle.openTimeMs);
    }
    months.at(-1)?.push(candle);
  }
  return months;
};

const describe = (place: ImportLanding, month: readonly CandleLine[], bytes: Buffer): NewFile => {
  const { series, landing, fetchedAt } = place;
  const [tStart, tEnd] = [month[0]!.openTimeMs, month.at(-1)!.openTimeMs];
  const fileId = fileIdOf(series, bytes);
  const path = join(landing, candleFileName(series, tStart, tEnd, fileId));
  const content = { fileId, sha256: sha256Of(bytes), kind: 'candles', path, bars: month.length } as const;
  return { ...content, ...series, tStart, tEnd, sizeBytes: bytes.length, fetchedAt };
};

const openTimesInArchive = (place: ImportLanding, month: string): ReadonlySet<number> => {
  try {
    return new Set(readArchivedMonth(place, month).map(({ openTimeMs }) => openTimeMs));
  } catch (error) {
    // Altered or gone: it has nothing that could be relied on.
    if (isLedgerError(error) && error.month !== undefined) return new Set();
    throw error;
  }
};

/** Its CSV went into the archive, which has let the month go (ARCHIVE_DAYS), or lost it. */
const isLost = (place: ImportLanding, known: FileRow | undefined, lines: readonly CandleLine[]): boolean => {
  if (known?.status !== 'deleted') return false;
  const archived = openTimesInArchive(place, monthOf(known.tStart));
  return lines.some(({ openTimeMs }) => !archived.has(openTimeMs));
};

const landMonth = (place: ImportLanding, month: readonly CandleLine[]) => {
  const bytes = joinLines(month);
  const file = describe(place, month, bytes);
  const known = place.ledger.file(file.fileId);
  const isGone = isLost(place, known, month);
  if (known === undefined || known.status === 'quarantined' || isGone)
    writeDurably(join(place.dataDir, file.path), bytes, place.crash && { crash: place.crash });
  return { file, isGone };
};

/**
 * Stores imported candles as ordinary files: first every CSV, durably in place, then ONE transaction with their rows, the
 * watermark and the gaps. A crash before it leaves CSVs that nobody knows; the same import lands on them again, or the
 * janitor removes them. Throws LedgerError `Conflict` (a hole after the watermark), `StorageUnavailable`.
 */
export const landImport = (place: ImportLanding) => {
  const { ledger, dataDir, series, candles, gaps, overGap, actor, source, crash } = place;
  if (!overGap) ledger.requireNoHole(series, candles[0]!.openTimeMs);
  const landed = byMonth(candles).map((month) => landMonth(place, month));
  const files = landed.map(({ file }) => file);
  const gone = new Set(landed.filter(({ isGone }) => isGone).map(({ file }) => file.fileId));
  crash?.('import:unregistered');
  const isInPlace = ({ path }: NewFile) => existsSync(join(dataDir, path));
  const { registered, watermark } = ledger.registerImport({
    ...{ series, files, gaps, overGap, actor, source, isInPlace },
    isLost: ({ fileId }) => gone.has(fileId),
    openTimesMs: candles.map(({ openTimeMs }) => openTimeMs),
  });
  crash?.('import:registered');
  const stored = registered.reduce((total, { bars }) => total + bars, 0);
  return { stored, files: registered.length, knownFiles: files.length - registered.length, watermark };
};

/** Copies a file in which nothing is certain into the landing folder and lists it as quarantined, once. Its id. */
export const quarantineImport = (
  place: ImportPlace,
  { bytes, name, reason, fetchedAt }: { bytes: Buffer; name: string; reason: string; fetchedAt: number },
): string => {
  const { ledger, dataDir, landing, series, actor, crash } = place;
  const fileId = fileIdOf(series, bytes);
  if (ledger.file(fileId)) return fileId;
  const path = join(landing, seriesFolder(series), 'refused', `${fileId.slice(0, 12)}.csv`);
  writeDurably(join(dataDir, path), bytes, crash && { crash });
  const unknown = { tStart: 0, tEnd: 0, bars: 1 };
  const content = { fileId, sha256: sha256Of(bytes), kind: 'candles', path, ...unknown } as const;
  const file = { ...content, ...series, sizeBytes: bytes.length, fetchedAt };
  ledger.quarantineOutside({ file, reason, actor, name });
  return fileId;
};
