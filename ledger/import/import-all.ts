import { basename } from 'node:path';
import { parseReplayName } from '../../exchange/simulator/replay-file.ts';
import { type Series, seriesKey } from '../../series.ts';
import { isLedgerError } from '../errors.ts';
import { isSameSymbol } from './columns.ts';
import { type ImportedFile, type ImportOptions, importFile } from './import-file.ts';
import type { ImportPlace } from './land.ts';

/** A name in the form of our own exports that names another series is believed: one folder may hold several. */
const nameProblem = (path: string, series: Series): string | undefined => {
  const named = parseReplayName(basename(path));
  if (!named || (isSameSymbol(named.symbol, series) && named.timeframe === series.timeframe))
    return undefined;
  return `it is named as ${named.symbol} ${named.timeframe}, not as ${seriesKey(series)}; nothing of it was read`;
};

const refused = (path: string, reason: string): ImportedFile => ({
  ...{ file: basename(path), outcome: 'refused', reason, rows: 0, accepted: 0, refusedRows: 0, refused: [] },
  ...{ duplicates: { exact: 0, conflicting: 0 }, outOfOrder: 0, outliers: [], gaps: [] },
  ...{ stored: 0, files: 0, knownFiles: 0 },
});

const importOne = (place: ImportPlace, path: string, options: ImportOptions): ImportedFile => {
  const problem = nameProblem(path, place.series);
  if (problem) return refused(path, problem);
  try {
    return importFile(place, path, options);
  } catch (error) {
    if (!isLedgerError(error, 'CandleFileCorrupt')) throw error;
    return refused(path, error.message);
  }
};

/**
 * Imports files of one series, in the order of their names; a bad one never stops the others. A file that would leave candles
 * out waits for those that may fill the hole.
 */
export const importAll = (
  place: ImportPlace,
  paths: readonly string[],
  options: ImportOptions,
): ImportedFile[] => {
  const done = new Map<string, ImportedFile>();
  for (let waiting = paths; waiting.length > 0; ) {
    for (const path of waiting) done.set(path, importOne(place, path, options));
    const still = waiting.filter((path) => done.get(path)?.mayFollow);
    if (still.length === waiting.length) break;
    waiting = still;
  }
  return paths.map((path) => done.get(path)!);
};
