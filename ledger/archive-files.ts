import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Series } from '../series.ts';
import { type CandleLine, readLines } from './candle-csv.ts';
import { seriesFolder, sha256Of } from './candle-file.ts';
import { ifThere } from './durable-file.ts';
import { LedgerError } from './errors.ts';
import type { Ledger } from './open.ts';

/** `yyyy-mm` of UTC. */
export const monthOf = (openTimeMs: number): string => new Date(openTimeMs).toISOString().slice(0, 7);

export const monthStartMs = (month: string): number => Date.parse(`${month}-01T00:00:00Z`);

/** The first moment after a month. */
export const monthEndMs = (month: string): number => {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return Date.UTC(year, number, 1);
};

export const archiveFolder = (dataDir: string, series: Series): string =>
  join(dataDir, 'archive', seriesFolder(series));

export const archivePath = (dataDir: string, series: Series, month: string): string =>
  join(archiveFolder(dataDir, series), `${month}.csv`);

/** The months of a series that the archive has, ascending. */
export const archivedMonths = (dataDir: string, series: Series): string[] =>
  (ifThere(() => readdirSync(archiveFolder(dataDir, series))) ?? [])
    .filter((name) => /^\d{4}-\d{2}\.csv$/.test(name))
    .map((name) => name.slice(0, 7))
    .sort();

export interface ArchiveSource {
  readonly ledger: Pick<Ledger, 'archiveMonthHashes'>;
  readonly dataDir: string;
  readonly series: Series;
}

export interface MonthFile {
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** Between the look at the ledger and the look at the file the month may be replaced: then the next look agrees. */
const looks = 3;

const corrupt = (path: string): LedgerError =>
  new LedgerError(
    'CandleFileCorrupt',
    `${path} differs from its hash in the ledger: bring it back from a snapshot`,
  );

/** The bytes of one month, as the ledger knows them; undefined when the month is not (or no longer) there. */
export const readMonthFile = (
  { ledger, dataDir, series }: ArchiveSource,
  month: string,
): MonthFile | undefined => {
  const path = archivePath(dataDir, series, month);
  for (let look = 1; ; look += 1) {
    const known = ledger.archiveMonthHashes(series, month);
    const bytes = ifThere(() => readFileSync(path));
    if (bytes === undefined) return undefined;
    const sha256 = sha256Of(bytes);
    if (known === undefined || known.includes(sha256)) return { bytes, sha256 };
    if (look === looks) throw corrupt(path);
  }
};

/** The candles of one month; none when the month is not there. Throws `CandleFileCorrupt` when its file was altered. */
export const readArchivedMonth = (source: ArchiveSource, month: string): CandleLine[] => {
  const file = readMonthFile(source, month);
  return file === undefined ? [] : readLines(file.bytes, archivePath(source.dataDir, source.series, month));
};
