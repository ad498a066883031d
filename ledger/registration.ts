import { desc, sql } from 'drizzle-orm';
import type { Series } from '../series.ts';
import type { Store, Writer } from './database.ts';
import { LedgerError } from './errors.ts';
import { type NewFile, seriesOfFile } from './file-rows.ts';
import { fileById } from './files.ts';
import { type Gap, recordGaps } from './gaps.ts';
import { files } from './schema/files.ts';
import { moveForward, requireWatermark } from './watermarks.ts';

export interface Registration {
  readonly file: NewFile;
  /** The watermark that the page was asked from. */
  readonly expectedWatermark: number;
  /** Open time of the candle after the page. */
  readonly nextWatermark: number;
  readonly gaps: readonly Gap[];
  /** Asked under the write lock: is the CSV (still) in place? The janitor deletes orphans under the same lock. */
  readonly isInPlace?: () => boolean;
}

export const requireInPlace = ({ file, isInPlace }: Pick<Registration, 'file' | 'isInPlace'>): void => {
  if (isInPlace === undefined || isInPlace()) return;
  throw new LedgerError('CandleFileMissing', `${file.path} is gone; nothing was registered`, {
    fileId: file.fileId,
  });
};

/** Of the file that was registered last; the pluses keep SQLite to walking backwards, which ends after a few rows. */
const newestFetch = (tx: Writer, { exchange, symbol, timeframe }: Series): number =>
  tx
    .select({ fetchedAt: files.fetchedAt })
    .from(files)
    .where(
      sql`+${files.exchange} = ${exchange} and +${files.symbol} = ${symbol} and +${files.timeframe} = ${timeframe}`,
    )
    .orderBy(desc(files.seq))
    .limit(1)
    .get()?.fetchedAt ?? 0;

/**
 * The later fetched copy of a candle wins, and one ingest of a series runs at a time: what is registered later was
 * fetched later, whatever the clocks of the workers that fetched it showed.
 */
const fetchedAt = (tx: Writer, file: NewFile, series: Series): number =>
  Math.max(file.fetchedAt, newestFetch(tx, series));

const insertNew = (tx: Writer, registration: Registration, series: Series, now: number): void => {
  requireWatermark(tx, series, registration.expectedWatermark);
  requireInPlace(registration);
  const { file } = registration;
  tx.insert(files)
    .values({ ...file, fetchedAt: fetchedAt(tx, file, series), status: 'downloaded', createdAt: now })
    .run();
};

const register = (tx: Writer, registration: Registration, now: number) => {
  const { file, gaps, nextWatermark } = registration;
  const series = seriesOfFile(file);
  const known = fileById(tx, file.fileId) !== undefined;
  if (!known) insertNew(tx, registration, series, now);
  recordGaps(tx, gaps, now);
  return { registered: !known, watermark: moveForward(tx, series, nextWatermark, now) };
};

const requireCovered = ({ file, nextWatermark }: Registration): void => {
  if (file.kind === 'corrections' || file.tEnd < nextWatermark) return;
  throw new RangeError(
    `the watermark ${nextWatermark} does not cover the file's last candle at ${file.tEnd}`,
  );
};

export const registrationStore = ({ write, now }: Store) => ({
  /**
   * Registers a file whose bytes are durably in place and moves its watermark over it, in one transaction.
   * A file that is known moves the watermark all the same. Throws `WatermarkMoved` when another ingest was first.
   */
  registerFile: (registration: Registration): { registered: boolean; watermark: number } => {
    requireCovered(registration);
    return write((tx) => register(tx, registration, now()));
  },
});
