import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Series } from '../series.ts';
import { type CandleLine, readLines } from './candle-csv.ts';
import { seriesFolder } from './candle-file.ts';
import { ifThere } from './durable-file.ts';

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

/** The candles of one month; none when the month is not (or no longer) there. */
export const readArchivedMonth = (dataDir: string, series: Series, month: string): CandleLine[] => {
  const path = archivePath(dataDir, series, month);
  const bytes = ifThere(() => readFileSync(path));
  return bytes === undefined ? [] : readLines(bytes, path);
};
