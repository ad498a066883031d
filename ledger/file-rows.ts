import { and, eq } from 'drizzle-orm';
import { parseSeries, type Series } from '../series.ts';
import { type fileStatuses, files } from './schema/files.ts';

export type FileStatus = (typeof fileStatuses)[number];

/** A registered file. `path` is relative to the data directory; `tStart`, `tEnd` are open times, both inclusive. */
export type FileRow = typeof files.$inferSelect;

export type NewFile = Pick<
  FileRow,
  | 'fileId'
  | 'sha256'
  | 'kind'
  | 'path'
  | 'exchange'
  | 'symbol'
  | 'timeframe'
  | 'tStart'
  | 'tEnd'
  | 'bars'
  | 'sizeBytes'
  | 'fetchedAt'
>;

export const seriesOfFile = ({ exchange, symbol, timeframe }: NewFile): Series =>
  parseSeries(`${exchange}:${symbol}:${timeframe}`);

export const inSeries = ({ exchange, symbol, timeframe }: Series) =>
  and(eq(files.exchange, exchange), eq(files.symbol, symbol), eq(files.timeframe, timeframe));

/** What a file loses when nobody holds it any more. */
export const unclaimed = { claimFence: null, claimedBy: null, claimedAt: null, leaseUntil: null } as const;
