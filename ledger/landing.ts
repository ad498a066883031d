import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Candle } from '../exchange/exchange.ts';
import type { Series } from '../series.ts';
import { candleFileName, fileIdOf, formatCandles, sha256Of } from './candle-file.ts';
import type { CrashPoint } from './crash-points.ts';
import { writeDurably } from './durable-file.ts';
import type { NewFile } from './file-rows.ts';
import type { Gap } from './gaps.ts';
import type { Ledger } from './open.ts';

export interface Landing {
  readonly ledger: Ledger;
  readonly dataDir: string;
  /** The landing folder, relative to the data directory. */
  readonly landing: string;
  readonly series: Series;
  /** Closed candles, ascending, at least one. */
  readonly candles: readonly Candle[];
  readonly fetchedAt: number;
  readonly expectedWatermark: number;
  readonly nextWatermark: number;
  readonly gaps: readonly Gap[];
  readonly crash?: CrashPoint;
}

const describeFile = (page: Landing, bytes: Buffer): NewFile => {
  const { series, candles, fetchedAt, landing } = page;
  const [tStart, tEnd] = [candles[0]?.[0], candles.at(-1)?.[0]];
  if (tStart === undefined || tEnd === undefined) throw new RangeError('a file needs at least one candle');
  const fileId = fileIdOf(series, bytes);
  const path = join(landing, candleFileName(series, tStart, tEnd, fileId));
  const content = { fileId, sha256: sha256Of(bytes), kind: 'candles', path, bars: candles.length } as const;
  return { ...content, ...series, tStart, tEnd, sizeBytes: bytes.length, fetchedAt };
};

/**
 * Stores a page of candles: first the CSV, durably in place, then ONE transaction with its row, the watermark and
 * the gaps. A crash between them leaves a CSV that nobody knows; the same page lands on it again, or the janitor
 * removes it. Throws LedgerError `WatermarkMoved`, `StorageUnavailable`.
 */
export const landCandles = (page: Landing) => {
  const { ledger, dataDir, candles, crash } = page;
  const bytes = formatCandles(candles);
  const file = describeFile(page, bytes);
  const path = join(dataDir, file.path);
  writeDurably(path, bytes, { crash });
  crash?.('file:unregistered');
  const { expectedWatermark, nextWatermark, gaps } = page;
  const isInPlace = () => existsSync(path);
  const result = ledger.registerFile({ file, expectedWatermark, nextWatermark, gaps, isInPlace });
  crash?.('file:registered');
  return { ...result, fileId: file.fileId, path: file.path };
};
