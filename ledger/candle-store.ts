import { type Series, timeframesMs } from '../series.ts';
import {
  archivedMonths,
  monthEndMs,
  monthStartMs,
  monthsOnDisk,
  readArchivedMonth,
} from './archive-files.ts';
import {
  type CandleColumns,
  type CandleValues,
  sliceColumns,
  toColumns,
  withoutRemoved,
} from './candle-columns.ts';
import { valuesOf } from './candle-csv.ts';
import { verifyAndRead } from './candle-file.ts';
import { isLedgerError } from './errors.ts';
import type { FileRow } from './file-rows.ts';
import type { Ledger } from './open.ts';

type Candles = Map<number, CandleValues>;

/** Earliest fetched first. */
const byFetch = (one: FileRow, other: FileRow): number =>
  one.fetchedAt - other.fetchedAt || one.seq - other.seq;

interface Source {
  readonly ledger: Ledger;
  readonly dataDir: string;
  readonly series: Series;
}

const addMonth = (candles: Candles, source: Source, month: string): void => {
  readArchivedMonth(source, month).forEach((line, at) => {
    candles.set(line.openTimeMs, valuesOf(line, `archive of ${month}`, at + 2));
  });
};

const addFile = (candles: Candles, dataDir: string, file: FileRow): void => {
  const { openTimeMs, ohlcv } = verifyAndRead(file, dataDir);
  openTimeMs.forEach((time, at) => {
    candles.set(time, ohlcv.subarray(at * 5, at * 5 + 5));
  });
};

/** Reads months, then files in the order of fetching, so that the later fetched copy of a candle, or its tombstone, wins. */
const readAll = (source: Source, months: readonly string[], files: readonly FileRow[]): Candles => {
  const candles: Candles = new Map();
  for (const month of months) addMonth(candles, source, month);
  for (const file of files) addFile(candles, source.dataDir, file);
  return withoutRemoved(candles);
};

/** A CSV that is not there, and is not listed any more either, was archived meanwhile. */
const wasMoved = (error: unknown, listed: readonly FileRow[]): boolean =>
  isLedgerError(error, 'CandleFileMissing') &&
  error.fileId !== undefined &&
  !listed.some(({ fileId }) => fileId === error.fileId);

/**
 * Asks for the files first and reads the archive after: what an archiver moves between the two is found in the
 * archive. When a CSV goes while it is being read, everything is read again.
 */
const readStable = (source: Source, list: () => FileRow[], months: () => string[]): Candles => {
  let files = list();
  for (;;) {
    try {
      return readAll(source, months(), files);
    } catch (error) {
      files = list();
      if (!wasMoved(error, files)) throw error;
    }
  }
};

const onlyFrom = (candles: Candles, fromMs: number): Candles =>
  new Map([...candles].filter(([time]) => time >= fromMs));

export interface WindowRequest extends Source {
  /** Open time of the first candle wanted; all when left out. */
  readonly fromMs?: number;
  /** The claim whose files belong to the window too. */
  readonly claimId?: number;
  /** Leaves out months that are gone: the caller finds what is missing. */
  readonly onlyOnDisk?: boolean;
}

/** The claim's files are asked for first: what is completed meanwhile is found among the processed ones. */
const windowFiles = ({ ledger, series, fromMs = 0, claimId }: WindowRequest): FileRow[] => {
  const claimed = claimId === undefined ? [] : ledger.claimedFiles(claimId, series);
  return [...ledger.unarchivedFiles(series, ['processed']), ...claimed]
    .filter(({ tEnd }) => tEnd >= fromMs)
    .sort(byFetch);
};

/**
 * The training window of a series: archive ∪ processed files ∪ the files of the claim, each candle once, the later
 * fetched copy. Throws `CandleFileCorrupt` or `CandleFileMissing` with the `fileId` or the `month`.
 */
export const readWindow = (request: WindowRequest): CandleColumns => {
  const { dataDir, series, fromMs = 0, onlyOnDisk = false } = request;
  const listed = () => (onlyOnDisk ? monthsOnDisk(dataDir, series) : archivedMonths(request));
  const months = () => listed().filter((month) => monthEndMs(month) > fromMs);
  return toColumns(
    onlyFrom(
      readStable(request, () => windowFiles(request), months),
      fromMs,
    ),
  );
};

export interface RangeRequest extends Source {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The current copies that open in [fromMs, toMs], of all that is stored and not quarantined; removed ones left out. */
export const storedCandles = ({ fromMs, toMs, ...source }: RangeRequest): ReadonlyMap<number, CandleValues> =>
  new Map([...readFrom(source, fromMs, toMs)].filter(([time]) => time <= toMs));

export interface NewestRequest extends Source {
  readonly count: number;
  /** Only candles that open before this; all when left out. */
  readonly beforeMs?: number;
}

const readFrom = (request: Source, fromMs: number, toMs = Number.POSITIVE_INFINITY): Candles => {
  const { ledger, series } = request;
  const files = () =>
    ledger
      .unarchivedFiles(series, ['downloaded', 'processing', 'processed'])
      .filter(({ tStart, tEnd }) => tEnd >= fromMs && tStart <= toMs);
  const months = () =>
    archivedMonths(request).filter((month) => monthEndMs(month) > fromMs && monthStartMs(month) <= toMs);
  return onlyFrom(readStable(request, files, months), fromMs);
};

/** Doubles the span into the past until gaps and overlaps leave enough candles, or there are no more. */
const readEnough = ({ count, beforeMs = Number.POSITIVE_INFINITY, ...source }: NewestRequest) => {
  const range = source.ledger.storedRange(source.series);
  if (!range) return new Map<number, CandleValues>();
  const toMs = Math.min(range.toMs, beforeMs - 1);
  for (let bars = count; ; bars *= 2) {
    const fromMs = toMs - (bars - 1) * timeframesMs[source.series.timeframe];
    const candles = storedCandles({ ...source, fromMs, toMs });
    if (candles.size >= count || fromMs <= range.fromMs) return candles;
  }
};

/** The newest `count` stored candles of a series, for serving: all that is stored and not quarantined. */
export const newestCandles = (request: NewestRequest): CandleColumns => {
  const columns = toColumns(readEnough(request));
  const from = Math.max(0, columns.openTimeMs.length - request.count);
  return sliceColumns(columns, from);
};
