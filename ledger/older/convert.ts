import { join, relative, resolve } from 'node:path';
import { type Series, seriesKey, timeframesMs } from '../../series.ts';
import { joinLines } from '../candle-csv.ts';
import { candleFileName, fileIdOf, seriesFolder, sha256Of } from '../candle-file.ts';
import { writeDurably } from '../durable-file.ts';
import { isLedgerError } from '../errors.ts';
import type { NewFile } from '../file-rows.ts';
import { type ReadCandles, readCandles } from '../import/read-candles.ts';
import { unpack } from '../import/unpack.ts';
import type { files } from '../schema/files.ts';
import { type FoundCsv, findCsv } from './find-csv.ts';
import type { OlderPlace } from './place.ts';
import type { OlderRow } from './schema.ts';
import { epochMsOf, textOf } from './values.ts';

export type NewRow = NewFile & Omit<typeof files.$inferInsert, keyof NewFile>;

export interface Converted {
  readonly row: NewRow;
  /** Ingest has to ask from here on again, so that the candles that this file lacks come back. */
  readonly askFromMs?: number;
  /** What was done beyond taking the row over. */
  readonly note?: string;
}

interface Given {
  readonly older: OlderRow;
  readonly series: Series;
  readonly place: OlderPlace;
  readonly nowMs: number;
}

/** What the row itself says: all that there is when its bytes are gone. */
const rangeOf = ({ older, series }: Given) => {
  const [tStart, tEnd] = [epochMsOf(older.t_start), epochMsOf(older.t_end)];
  const stepMs = timeframesMs[series.timeframe];
  if (tStart === undefined || tEnd === undefined || tStart > tEnd) return { tStart: 0, tEnd: 0, bars: 1 };
  return { tStart, tEnd, bars: Math.floor((tEnd - tStart) / stepMs) + 1 };
};

const timesOf = ({ older, nowMs }: Given) => {
  const createdAt = epochMsOf(older.created_at) ?? nowMs;
  return { createdAt, fetchedAt: Math.min(createdAt, nowMs) };
};

/** Of bytes that nobody has any more the id comes from the hash that was written down. */
const idOfGone = ({ older, series }: Given): { fileId: string; sha256: string } => {
  const sha256 = textOf(older.sha256) || textOf(older.file_id);
  return { fileId: sha256Of(`${seriesKey(series)}\nsha256:${sha256}`), sha256 };
};

const withoutBytes = (given: Given): NewRow => ({
  ...{
    ...idOfGone(given),
    kind: 'candles',
    path: textOf(given.older.path),
    ...given.series,
    ...rangeOf(given),
  },
  ...{ sizeBytes: epochFree(given.older.size_bytes), ...timesOf(given), status: 'deleted' },
});

const epochFree = (value: unknown): number => {
  const size = Number(value);
  return Number.isSafeInteger(size) && size >= 0 ? size : 0;
};

const deleted = (given: Given): Converted => {
  const { older, nowMs } = given;
  const processedAt = epochMsOf(older.processed_at) ?? null;
  return { row: { ...withoutBytes(given), processedAt, deletedAt: epochMsOf(older.deleted_at) ?? nowMs } };
};

/** From the first candle on, where the row says which that was. */
const fromStart = (given: Given): Pick<Converted, 'askFromMs'> => {
  const { tStart } = rangeOf(given);
  return tStart > 0
    ? {
        askFromMs:
          Math.floor(tStart / timeframesMs[given.series.timeframe]) * timeframesMs[given.series.timeframe],
      }
    : {};
};

const missing = (given: Given): Converted => {
  const reason = `its CSV is not on disk: ${textOf(given.older.path)}`;
  return {
    row: { ...withoutBytes(given), status: 'quarantined', quarantineReason: reason },
    ...fromStart(given),
    note: reason,
  };
};

const isInside = (folder: string, path: string): boolean => !relative(resolve(folder), path).startsWith('..');

/** Where bytes lie under the landing folder, which janitor and snapshots know; copied there when they lie elsewhere. */
const keep = ({ place }: Given, csv: FoundCsv, copy: string): string => {
  if (isInside(place.landingDir, csv.path)) return relative(resolve(place.dataDir), csv.path);
  writeDurably(join(place.dataDir, copy), csv.bytes, { crash: place.crash });
  return copy;
};

const quarantined = (given: Given, csv: FoundCsv, reason: string): Converted => {
  const { series, place } = given;
  const fileId = fileIdOf(series, csv.bytes);
  const path = keep(
    given,
    csv,
    join(place.landing, seriesFolder(series), 'refused', `${fileId.slice(0, 12)}.csv`),
  );
  const content = { fileId, sha256: sha256Of(csv.bytes), path, sizeBytes: csv.bytes.length };
  return {
    row: { ...withoutBytes(given), ...content, status: 'quarantined', quarantineReason: reason },
    ...fromStart(given),
    note: reason,
  };
};

/** Its dates without a zone are known to be UTC: that stack knew no other. */
const read = ({ series, nowMs }: Given, { path, bytes }: FoundCsv): ReadCandles | string => {
  const options = { name: path, series, asOfMs: nowMs };
  const attempt = (unit: 'utc' | undefined) =>
    readCandles(unpack(bytes, path), { ...options, ...(unit === undefined ? {} : { unit }) });
  try {
    return attempt(undefined);
  } catch (error) {
    if (!isLedgerError(error, 'CandleFileCorrupt')) throw error;
    try {
      const dates = attempt('utc');
      return dates.candles.length > 0 ? dates : error.message;
    } catch {
      return error.message;
    }
  }
};

/**
 * The older stack stored the candle that was still forming. It is kept only when the row was written so long after its end
 * that it was fetched after it, too.
 */
const wasForming = ({ older, series }: Given, lastMs: number): boolean => {
  const createdAt = epochMsOf(older.created_at);
  return createdAt === undefined || createdAt < lastMs + 2 * timeframesMs[series.timeframe];
};

const statusOf: Readonly<Record<string, 'downloaded' | 'processed'>> = {
  downloaded: 'downloaded',
  processing: 'downloaded',
  processed: 'processed',
};

const store = (
  given: Given,
  csv: FoundCsv,
  candles: ReadCandles['candles'],
  status: 'downloaded' | 'processed',
): NewRow => {
  const { older, series, place, nowMs } = given;
  const bytes = joinLines(candles);
  const fileId = fileIdOf(series, bytes);
  const [tStart, tEnd] = [candles[0]!.openTimeMs, candles.at(-1)!.openTimeMs];
  const own = join(place.landing, candleFileName(series, tStart, tEnd, fileId));
  const isSame = bytes.equals(csv.bytes);
  if (!isSame) writeDurably(join(place.dataDir, own), bytes, { crash: place.crash });
  const path = isSame ? keep(given, csv, own) : own;
  const content = { fileId, sha256: sha256Of(bytes), kind: 'candles', path, bars: candles.length } as const;
  const processedAt = status === 'processed' ? (epochMsOf(older.processed_at) ?? nowMs) : null;
  return {
    ...content,
    ...series,
    tStart,
    tEnd,
    sizeBytes: bytes.length,
    ...timesOf(given),
    status,
    processedAt,
  };
};

const live = (given: Given, csv: FoundCsv, status: 'downloaded' | 'processed'): Converted => {
  const found = read(given, csv);
  if (typeof found === 'string') return quarantined(given, csv, found);
  const last = found.candles.at(-1)?.openTimeMs;
  if (last === undefined) return quarantined(given, csv, `none of its ${found.rows} rows is a candle`);
  const isForming = wasForming(given, last);
  const candles = isForming ? found.candles.slice(0, -1) : found.candles;
  const notes = [
    ...(isForming
      ? [`its last candle, ${new Date(last).toISOString()}, was still forming and was left out`]
      : []),
    ...(found.refusedRows > 0
      ? [
          `${found.refusedRows} of its rows are no candles; the first stands in line ${found.refused[0]!.line}`,
        ]
      : []),
  ];
  const note = notes.length > 0 ? { note: notes.join('; ') } : {};
  const askFromMs = found.refusedRows > 0 ? Math.min(last, fromStart(given).askFromMs ?? last) : last;
  if (candles.length === 0) {
    const gone = { ...withoutBytes(given), deletedAt: given.nowMs };
    return { row: gone, askFromMs, ...note };
  }
  return { row: store(given, csv, candles, status), askFromMs, ...note };
};

/** What becomes of one row of the older stack. Its CSV is read, and where it has to be another one, written durably. */
export const convert = (given: Given): Converted => {
  const { older, place } = given;
  const status = textOf(older.status).toLowerCase();
  if (status === 'deleted') return deleted(given);
  const sha256 = textOf(older.sha256).toLowerCase();
  const csv = findCsv({ path: textOf(older.path), sha256 }, place);
  if (csv === undefined) return missing(given);
  if (sha256 !== '' && sha256Of(csv.bytes) !== sha256)
    return quarantined(given, csv, 'its bytes differ from their hash');
  const known = Object.hasOwn(statusOf, status) ? statusOf[status] : undefined;
  if (known === undefined) return quarantined(given, csv, `its status "${textOf(older.status)}" is unknown`);
  return live(given, csv, known);
};
