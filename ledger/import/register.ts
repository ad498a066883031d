import { eq } from 'drizzle-orm';
import { type Series, seriesKey, timeframesMs } from '../../series.ts';
import { record } from '../audit.ts';
import type { Reader, Store, Writer } from '../database.ts';
import { LedgerError } from '../errors.ts';
import type { NewFile } from '../file-rows.ts';
import { fileById } from '../files.ts';
import { fillGaps, type Gap, recordGaps } from '../gaps.ts';
import { putDeletedAside } from '../lost-months.ts';
import { files } from '../schema/files.ts';
import { moveForward, storedWatermark } from '../watermarks.ts';
import { bringBack } from './bring-back.ts';

export interface ImportRegistration {
  readonly series: Series;
  /** Ascending, at least one; their CSVs are durably in place. */
  readonly files: readonly NewFile[];
  /** Of all candles in them. */
  readonly openTimesMs: readonly number[];
  /** Candles that are missing inside the imported range. */
  readonly gaps: readonly Gap[];
  /** The operator states that the candles between the watermark and the import may stay away. */
  readonly overGap: boolean;
  /** Asked under the write lock: is the CSV (still) in place? */
  readonly isInPlace: (file: NewFile) => boolean;
  /** Of a file whose CSV went into the archive: has the archive lost it, or let it go? */
  readonly isLost?: (file: NewFile) => boolean;
  readonly actor: string;
  /** Where the candles come from: name, hash, counts. */
  readonly source: object;
}

export interface ImportRegistered {
  readonly registered: readonly NewFile[];
  readonly watermark: number;
}

const spanOf = (series: Series, fromMs: number, endMs: number): Gap => {
  const stepMs = timeframesMs[series.timeframe];
  return { series: seriesKey(series), fromMs, toMs: endMs - stepMs, missing: (endMs - fromMs) / stepMs };
};

/** The candles between the watermark and the first imported one, which nobody would ask for any more. */
const holeBefore = (db: Reader, series: Series, firstMs: number): Gap | undefined => {
  const watermark = storedWatermark(db, series);
  return watermark === undefined || firstMs <= watermark ? undefined : spanOf(series, watermark, firstMs);
};

const iso = (timeMs: number): string => new Date(timeMs).toISOString();

const refuseHole = ({ series, fromMs, toMs, missing }: Gap): never => {
  throw new LedgerError(
    'Conflict',
    `${series} is stored up to ${iso(fromMs)}; this would leave out the ${missing} candles up to ${iso(toMs)}: ingest or import those first, or state that they may be missing`,
  );
};

/** What lies beyond the watermark is what ingest will not ask for again; before it, ingest asked the exchange itself. */
const gapsPassed = ({ gaps, series }: ImportRegistration, watermark: number | undefined): Gap[] =>
  gaps
    .filter(({ toMs }) => watermark === undefined || toMs >= watermark)
    .map(({ fromMs, toMs }) =>
      spanOf(series, Math.max(fromMs, watermark ?? fromMs), toMs + timeframesMs[series.timeframe]),
    );

const store = (
  tx: Writer,
  file: NewFile,
  { isInPlace, isLost }: ImportRegistration,
  now: number,
): boolean => {
  const known = fileById(tx, file.fileId);
  const hasGone = known?.status === 'deleted' && isLost?.(file) === true;
  if (known && known.status !== 'quarantined' && !hasGone) return false;
  if (!isInPlace(file))
    throw new LedgerError('CandleFileMissing', `${file.path} is gone; nothing was imported`);
  if (hasGone) putDeletedAside(tx, eq(files.fileId, file.fileId), 'the archive has its candles no more');
  if (known) return bringBack(tx, known, file, now);
  tx.insert(files)
    .values({ ...file, status: 'downloaded', createdAt: now })
    .run();
  return true;
};

/** The unknown ones, those that were put aside, and those that not even the archive has any more. */
const storeMissing = (tx: Writer, request: ImportRegistration, now: number): NewFile[] =>
  request.files.filter((file) => store(tx, file, request, now));

const register = (tx: Writer, request: ImportRegistration, now: number): ImportRegistered => {
  const { series, overGap, actor, source } = request;
  const [first, last] = [request.files[0], request.files.at(-1)];
  if (!first || !last) throw new RangeError('an import needs at least one file');
  const hole = holeBefore(tx, series, first.tStart);
  if (hole && !overGap) refuseHole(hole);
  fillGaps(tx, series, request.openTimesMs, now);
  const registered = storeMissing(tx, request, now);
  const stored = storedWatermark(tx, series);
  recordGaps(tx, [...(hole ? [hole] : []), ...gapsPassed(request, stored)], now);
  const watermark = moveForward(tx, series, last.tEnd + timeframesMs[series.timeframe], now);
  if (registered.length > 0) {
    const detail = { ...source, files: registered.map(({ fileId }) => fileId) };
    record(tx, now, { actor, action: 'candles.import', subject: seriesKey(series), detail });
  }
  return { registered, watermark };
};

export interface RefusedFile {
  /** Its copy is in place; `tStart`, `tEnd` and `bars` say nothing, because nothing in it is certain. */
  readonly file: NewFile;
  readonly reason: string;
  readonly actor: string;
  /** The name under which it came. */
  readonly name: string;
}

const quarantineOutside = (tx: Writer, { file, reason, actor, name }: RefusedFile, now: number): boolean => {
  if (fileById(tx, file.fileId)) return false;
  tx.insert(files)
    .values({ ...file, status: 'quarantined', quarantineReason: reason, createdAt: now })
    .run();
  record(tx, now, {
    actor,
    action: 'file.quarantine',
    subject: file.fileId,
    detail: { reason, name, path: file.path },
  });
  return true;
};

export const importStore = ({ read, write, now }: Store) => ({
  /**
   * Registers the files of an import in one transaction with what it means for the watermark: the first import of a series
   * starts it where the import ends, candles before it leave it where it is, and candles that go on from it move it forward.
   * Files that are known change nothing, unless they were put aside or are lost: they are current again. Throws `Conflict` when candles between the watermark and the import would be
   * left out, `CandleFileMissing`.
   */
  registerImport: (request: ImportRegistration): ImportRegistered =>
    write((tx) => register(tx, request, now())),

  /** Throws `Conflict` as `registerImport` would, before anything is written. */
  requireNoHole: (series: Series, firstMs: number): void => {
    const hole = read((db) => holeBefore(db, series, firstMs));
    if (hole) refuseHole(hole);
  },

  /** Registers a file from outside in which nothing is certain, so that it is listed with its reason. False when it is known. */
  quarantineOutside: (request: RefusedFile): boolean => write((tx) => quarantineOutside(tx, request, now())),
});
