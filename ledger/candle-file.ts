import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Candle } from '../exchange/exchange.ts';
import { type Series, seriesKey, seriesSlug } from '../series.ts';
import { type CandleLine, candleHeader, candleText, readLines, valuesOf } from './candle-csv.ts';
import { ifThere } from './durable-file.ts';
import { LedgerError } from './errors.ts';
import type { FileRow } from './file-rows.ts';

export const sha256Of = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** Names the series as well as the bytes: equal bytes of two series are two files. */
export const fileIdOf = (series: Series, bytes: Uint8Array): string =>
  createHash('sha256')
    .update(`${seriesKey(series)}\n`)
    .update(bytes)
    .digest('hex');

/** Names the time too: an exchange that takes a correction back gives bytes that were stored before, and means them. */
export const correctionIdOf = (series: Series, bytes: Uint8Array, fetchedAt: number): string =>
  createHash('sha256')
    .update(`${seriesKey(series)}\ncorrections ${fetchedAt}\n`)
    .update(bytes)
    .digest('hex');

/** The CSV of closed candles in ascending order; decimals stay the exchange's text. */
export const formatCandles = (candles: readonly Candle[]): Buffer =>
  Buffer.from(`${candleHeader}\n${candles.map((candle) => `${candleText(candle)}\n`).join('')}`);

/** `<exchange>/<BTC-USDT>/<tf>`: where the files of a series lie under the landing and the archive folder. */
export const seriesFolder = (series: Series): string => {
  const symbol = seriesSlug(series).slice(series.exchange.length + 1, -(series.timeframe.length + 1));
  return join(series.exchange, symbol, series.timeframe);
};

/** Path under the landing folder: the same bytes of the same series always have the same name. */
export const candleFileName = (series: Series, tStart: number, tEnd: number, fileId: string): string =>
  join(seriesFolder(series), `${tStart}-${tEnd}-${fileId.slice(0, 12)}.csv`);

/**
 * Reads a file of ours strictly: header, ascending open times, plain decimals, prices above 0, high >= low.
 * `ohlcv` is n × 5, row-major; a tombstone's five are NaN. Throws `CandleFileCorrupt` with line and reason.
 */
export const parseCandles = (bytes: Buffer, { path }: { path: string }) => {
  const lines = readLines(bytes, path);
  const ohlcv = new Float64Array(lines.length * 5);
  lines.forEach((line, at) => ohlcv.set(valuesOf(line, path, at + 2), at * 5));
  return { openTimeMs: Float64Array.from(lines, ({ openTimeMs }) => openTimeMs), ohlcv };
};

const readBytes = ({ fileId, path }: FileRow, dataDir: string): Buffer => {
  const bytes = ifThere(() => readFileSync(join(dataDir, path)));
  if (bytes !== undefined) return bytes;
  throw new LedgerError('CandleFileMissing', `${path} is registered, but not there`, { fileId });
};

/** The bytes of a registered file. Throws `CandleFileCorrupt`, `CandleFileMissing`. */
const readVerified = (file: FileRow, dataDir: string): Buffer => {
  const bytes = readBytes(file, dataDir);
  if (sha256Of(bytes) === file.sha256) return bytes;
  throw new LedgerError('CandleFileCorrupt', `${file.path} differs from its hash`, { fileId: file.fileId });
};

const withFileId = <T>(file: FileRow, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    throw new LedgerError(error.code, error.message, { cause: error, fileId: file.fileId });
  }
};

/** Checks a registered file against its hash, then reads it. Errors carry its `fileId`. */
export const verifyAndRead = (file: FileRow, dataDir: string) =>
  withFileId(file, () => parseCandles(readVerified(file, dataDir), file));

/** The same as rows of text, for copying into the archive. Values are checked as well. */
export const verifyAndReadLines = (file: FileRow, dataDir: string): CandleLine[] =>
  withFileId(file, () => {
    const lines = readLines(readVerified(file, dataDir), file.path);
    lines.forEach((line, at) => valuesOf(line, file.path, at + 2));
    return lines;
  });
