import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { timeframesMs } from '../../series.ts';
import { sha256Of } from '../candle-file.ts';
import { isLedgerError } from '../errors.ts';
import type { Gap } from '../gaps.ts';
import { type ImportPlace, landImport, quarantineImport } from './land.ts';
import type { Outlier } from './outliers.ts';
import { type ReadCandles, type ReadOptions, type Refusal, readCandles } from './read-candles.ts';
import type { TimeForm, TimeUnit } from './times.ts';
import { readOutside, unpack } from './unpack.ts';

export interface ImportOptions {
  readonly unit?: TimeUnit;
  /** When the candles were fetched; left out: what the file's own time of change says, see `withoutForming`. */
  readonly asOfMs?: number;
  /** Refuse a file of which a row was refused. */
  readonly strict: boolean;
  readonly overGap: boolean;
  readonly dryRun: boolean;
  readonly nowMs: number;
  readonly progress?: ReadOptions['progress'];
}

export interface ImportedFile {
  readonly file: string;
  /** imported: some or all rows; empty: it has none; refused: nothing of it was stored. */
  readonly outcome: 'imported' | 'empty' | 'refused';
  /** Why it was refused, as a whole. */
  readonly reason?: string;
  /** The id under which the ledger lists it as quarantined. */
  readonly quarantined?: string;
  /** Because candles would be left out before it; after others it may go. */
  readonly mayFollow?: boolean;
  readonly rows: number;
  /** Candles that are certain, each once. */
  readonly accepted: number;
  readonly refusedRows: number;
  readonly refused: readonly Refusal[];
  readonly duplicates: { readonly exact: number; readonly conflicting: number };
  readonly outOfOrder: number;
  readonly outliers: readonly Outlier[];
  readonly gaps: readonly Omit<Gap, 'series'>[];
  readonly unit?: TimeForm;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Candles and files that the ledger did not have, and files that it had. */
  readonly stored: number;
  readonly files: number;
  readonly knownFiles: number;
  readonly watermark?: number;
}

const nothing = {
  ...{
    rows: 0,
    accepted: 0,
    refusedRows: 0,
    refused: [],
    duplicates: { exact: 0, conflicting: 0 },
    outOfOrder: 0,
  },
  ...{ outliers: [], gaps: [], stored: 0, files: 0, knownFiles: 0 },
};

/**
 * The time of change says when the rows were fetched at the latest, so a candle that was not closed then is not final. A
 * candle that opens after it proves that it is another time, such as that of a copy with a clock of its own.
 */
const withoutForming = (found: ReadCandles, writtenMs: number, timeframeMs: number): ReadCandles => {
  const last = found.candles.at(-1);
  if (!last || last.openTimeMs > writtenMs || last.openTimeMs + timeframeMs <= writtenMs) return found;
  const written = new Date(writtenMs).toISOString();
  const refusal = {
    line: found.lines.at(-1)!,
    reason: `was still forming when the file was written, at ${written}`,
  };
  return {
    ...found,
    candles: found.candles.slice(0, -1),
    lines: found.lines.slice(0, -1),
    gaps: found.gaps.filter(({ toMs }) => toMs + timeframeMs < last.openTimeMs),
    refused: [...found.refused, refusal].sort((one, other) => one.line - other.line),
    refusedRows: found.refusedRows + 1,
  };
};

const writtenAt = (path: string): number => Math.floor(statSync(path).mtimeMs);

/** Of two copies of a candle the later fetched counts, so a file says when that was as well as it can. */
const fetchedAtOf = (found: ReadCandles, writtenMs: number, { asOfMs, nowMs }: ImportOptions): number => {
  if (asOfMs !== undefined) return asOfMs;
  const last = found.candles.at(-1)?.openTimeMs ?? 0;
  return writtenMs > last && writtenMs < nowMs ? writtenMs : nowMs;
};

const summary = (found: ReadCandles) => ({
  rows: found.rows,
  accepted: found.candles.length,
  refusedRows: found.refusedRows,
  refused: found.refused,
  duplicates: found.duplicates,
  outOfOrder: found.outOfOrder,
  outliers: found.outliers,
  gaps: found.gaps.map(({ fromMs, toMs, missing }) => ({ fromMs, toMs, missing })),
  ...(found.form === undefined ? {} : { unit: found.form }),
  ...(found.candles.length === 0
    ? {}
    : { fromMs: found.candles[0]!.openTimeMs, toMs: found.candles.at(-1)!.openTimeMs }),
});

const readFile = (path: string, bytes: Buffer, place: ImportPlace, options: ImportOptions): ReadCandles => {
  const { unit, progress, nowMs, asOfMs = nowMs } = options;
  const name = basename(path);
  const found = readCandles(unpack(bytes, name), {
    ...{ name, series: place.series, asOfMs: Math.min(asOfMs, nowMs) },
    ...(unit === undefined ? {} : { unit }),
    ...(progress === undefined ? {} : { progress }),
  });
  if (options.asOfMs !== undefined) return found;
  return withoutForming(found, writtenAt(path), timeframesMs[place.series.timeframe]);
};

const reasonOfNone = ({ refused, refusedRows }: ReadCandles): string =>
  `none of its ${refusedRows} rows is a candle; line ${refused[0]!.line} ${refused[0]!.reason}`;

interface Source {
  readonly path: string;
  readonly bytes: Buffer;
}

const refuseFile = (place: ImportPlace, { path, bytes }: Source, options: ImportOptions, reason: string) => {
  const refused = { ...nothing, file: basename(path), outcome: 'refused', reason } as const;
  if (options.dryRun) return refused;
  const fetchedAt = options.asOfMs ?? options.nowMs;
  return {
    ...refused,
    quarantined: quarantineImport(place, { bytes, name: basename(path), reason, fetchedAt }),
  };
};

const landFile = (
  place: ImportPlace,
  { path, bytes }: Source,
  options: ImportOptions,
  found: ReadCandles,
): ImportedFile => {
  const told = { ...nothing, ...summary(found), file: basename(path) };
  const { candles, gaps, refusedRows } = found;
  const { unit } = told;
  const source = {
    name: basename(path),
    sha256: sha256Of(bytes),
    candles: candles.length,
    refusedRows,
    unit,
  };
  const fetchedAt = fetchedAtOf(found, writtenAt(path), options);
  try {
    if (options.dryRun) {
      if (!options.overGap) place.ledger.requireNoHole(place.series, candles[0]!.openTimeMs);
      return { ...told, outcome: 'imported' };
    }
    const landed = landImport({ ...place, candles, gaps, fetchedAt, overGap: options.overGap, source });
    return { ...told, outcome: 'imported', ...landed };
  } catch (error) {
    if (!isLedgerError(error, 'Conflict')) throw error;
    return { ...told, outcome: 'refused', reason: error.message, mayFollow: true };
  }
};

/**
 * Imports one file. What is certain is stored and the rest reported by line; a file in which nothing is certain is put into
 * quarantine with its reason, which is no failure of the import. Throws LedgerError `StorageUnavailable`, and
 * `CandleFileCorrupt` when the file cannot even be read.
 */
export const importFile = (place: ImportPlace, path: string, options: ImportOptions): ImportedFile => {
  const source = { path, bytes: readOutside(path) };
  const file = basename(path);
  try {
    const found = readFile(path, source.bytes, place, options);
    if (found.rows === 0) return { ...nothing, file, outcome: 'empty' };
    if (found.candles.length === 0) {
      return { ...refuseFile(place, source, options, reasonOfNone(found)), ...summary(found) };
    }
    if (options.strict && found.refusedRows > 0) {
      const reason = `${found.refusedRows} of its rows are refused, and --strict takes all or none`;
      return { ...nothing, ...summary(found), file, outcome: 'refused', reason };
    }
    return landFile(place, source, options, found);
  } catch (error) {
    if (!isLedgerError(error, 'CandleFileCorrupt')) throw error;
    return refuseFile(place, source, options, error.message);
  }
};
