import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Series } from '../series.ts';
import { type CandleLine, readLines } from './candle-csv.ts';
import { seriesFolder, sha256Of } from './candle-file.ts';
import { ifThere } from './durable-file.ts';
import { type BadMonth, LedgerError } from './errors.ts';
import type { Ledger } from './open.ts';

/** `yyyy-mm` of UTC. */
export const monthOf = (openTimeMs: number): string => new Date(openTimeMs).toISOString().slice(0, 7);

export const monthStartMs = (month: string): number => Date.parse(`${month}-01T00:00:00Z`);

/** The first moment after a month. */
export const monthEndMs = (month: string): number => {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return Date.UTC(year, number, 1);
};

/** From that of the first moment to that of the last. */
export const monthsBetween = (fromMs: number, toMs: number): string[] => {
  const months: string[] = [];
  for (let at = fromMs; at <= toMs; at = monthEndMs(months.at(-1)!)) months.push(monthOf(at));
  return months;
};

export const archiveFolder = (dataDir: string, series: Series): string =>
  join(dataDir, 'archive', seriesFolder(series));

export const archivePath = (dataDir: string, series: Series, month: string): string =>
  join(archiveFolder(dataDir, series), `${month}.csv`);

/** The months of a series that lie on disk, ascending. */
export const monthsOnDisk = (dataDir: string, series: Series): string[] =>
  (ifThere(() => readdirSync(archiveFolder(dataDir, series))) ?? [])
    .filter((name) => /^\d{4}-\d{2}\.csv$/.test(name))
    .map((name) => name.slice(0, 7))
    .sort();

export interface ArchiveSource {
  readonly ledger: Pick<Ledger, 'archiveMonth' | 'archiveMonths'>;
  readonly dataDir: string;
  readonly series: Series;
}

/** The months of a series that the archive has, ascending: also those of which only the ledger knows, since they are lost. */
export const archivedMonths = ({ ledger, dataDir, series }: ArchiveSource): string[] =>
  [
    ...new Set([...ledger.archiveMonths(series).map(({ month }) => month), ...monthsOnDisk(dataDir, series)]),
  ].sort();

export interface MonthFile {
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** Between the look at the ledger and the look at the file the month may be replaced: then the next look agrees. */
const looks = 3;

const aside = 'workers put it aside and ask for its candles again';

const altered = (path: string, month: BadMonth): LedgerError =>
  new LedgerError('CandleFileCorrupt', `${path} differs from its hash in the ledger: ${aside}`, { month });

/** Of a month that the ledger names, or whose candles it says are there. */
export const monthGone = (month: BadMonth): LedgerError => {
  const path = archivePath(month.dataDir, month.series, month.month);
  return new LedgerError('CandleFileMissing', `${path} is gone: ${aside}`, { month });
};

/**
 * The bytes of one month, as the ledger knows them; undefined when the archive has no such month (any more). Throws
 * `CandleFileCorrupt` when it was altered, `CandleFileMissing` when it is gone.
 */
export const readMonthFile = (
  { ledger, dataDir, series }: ArchiveSource,
  month: string,
): MonthFile | undefined => {
  const path = archivePath(dataDir, series, month);
  for (let look = 1; ; look += 1) {
    const known = ledger.archiveMonth(series, month);
    const bytes = ifThere(() => readFileSync(path));
    if (bytes === undefined && !known?.isWritten) return undefined;
    const sha256 = bytes && sha256Of(bytes);
    if (bytes && sha256 && (known === undefined || known.hashes.includes(sha256))) return { bytes, sha256 };
    const bad = { dataDir, series, month };
    if (look === looks) throw bytes ? altered(path, bad) : monthGone(bad);
  }
};

/** The candles of one month; none when there is no such month. Throws as `readMonthFile`. */
export const readArchivedMonth = (source: ArchiveSource, month: string): CandleLine[] => {
  const file = readMonthFile(source, month);
  return file === undefined ? [] : readLines(file.bytes, archivePath(source.dataDir, source.series, month));
};
