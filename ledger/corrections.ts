import { and, desc, eq, gte, lte } from 'drizzle-orm';
import { type Series, seriesKey } from '../series.ts';
import { record } from './audit.ts';
import { type CorrectionRow, insertCorrections, revisionOf } from './correction-rows.ts';
import type { Reader, Store, Writer } from './database.ts';
import type { Change, Differences } from './differences.ts';
import { LedgerError } from './errors.ts';
import type { NewFile } from './file-rows.ts';
import { fillGaps, recordAnsweredGaps } from './gaps.ts';
import { requireInPlace } from './registration.ts';
import { corrections, files } from './schema/files.ts';
import { forgetSuspicions, recordMissing, type Suspicion, suspicionsOf } from './suspicions.ts';

/** What a look at the exchange found, to be recorded in one transaction. */
export interface LookRecord {
  readonly series: Series;
  /** `revision` of the series when the look began: another look may have corrected something since. */
  readonly expectedRevision: number;
  readonly cover: NonNullable<Differences['cover']>;
  /** Open times of the answer: where a gap was there is none, also when the candle came in another way (an import). */
  readonly given: readonly number[];
  /** Candles that were left out, but not (yet) often enough to be removed. */
  readonly missing: readonly number[];
  /** The correction file, durably in place, and what it changes; undefined: nothing changed. */
  readonly correction?: { readonly file: NewFile; readonly changes: readonly Change[] };
  readonly isInPlace?: () => boolean;
}

const requireRevision = (db: Reader, series: Series, expected: number): void => {
  const found = revisionOf(db, series);
  if (found === expected) return;
  throw new LedgerError(
    'WatermarkMoved',
    `${seriesKey(series)}: another look has stored corrections since this one began (${found}, not ${expected})`,
  );
};

const register = (
  tx: Writer,
  { series, isInPlace }: LookRecord,
  { file, changes }: NonNullable<LookRecord['correction']>,
  now: number,
): void => {
  requireInPlace({ file, ...(isInPlace && { isInPlace }) });
  tx.insert(files)
    .values({ ...file, status: 'downloaded', createdAt: now })
    .run();
  insertCorrections(tx, file.fileId, series, changes);
  const timesOf = (kind: Change['kind']) =>
    changes.filter((change) => change.kind === kind).map(({ openTimeMs }) => openTimeMs);
  forgetSuspicions(tx, series, timesOf('removed'));
  const [rewritten, appeared, removed] = [timesOf('rewritten'), timesOf('appeared'), timesOf('removed')];
  const counts = { rewritten: rewritten.length, appeared: appeared.length, removed: removed.length };
  const detail = { ...counts, fileId: file.fileId, fetchedAt: file.fetchedAt };
  record(tx, now, { actor: 'ledger', action: 'candles.correct', subject: seriesKey(series), detail });
};

const recordComparison = (tx: Writer, look: LookRecord, now: number): void => {
  const { series, expectedRevision, cover, given, missing, correction } = look;
  requireRevision(tx, series, expectedRevision);
  if (correction) register(tx, look, correction, now);
  recordMissing(tx, series, { cover, missing }, now);
  fillGaps(tx, series, given, now);
  recordAnsweredGaps(tx, series, cover, now);
};

/** A part of the corrections, by the open times of their candles, both ends included. */
export interface CorrectionsWanted {
  readonly series?: Series;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly limit: number;
}

const newest = (db: Reader, { series, fromMs, toMs, limit }: CorrectionsWanted): CorrectionRow[] =>
  db
    .select()
    .from(corrections)
    .where(
      and(
        series && eq(corrections.series, seriesKey(series)),
        fromMs === undefined ? undefined : gte(corrections.openTimeMs, fromMs),
        toMs === undefined ? undefined : lte(corrections.openTimeMs, toMs),
      ),
    )
    .orderBy(desc(corrections.openTimeMs))
    .limit(limit)
    .all();

export const correctionStore = ({ read, write, now }: Store) => ({
  /** Grows with each correction file of the series. */
  revision: (series: Series): number => read((db) => revisionOf(db, series)),

  /**
   * Registers a correction file whose bytes are durably in place, with what it replaces, the gaps that it fills and the
   * suspicions that it settles, in one transaction. The watermark does not move. Throws `WatermarkMoved` when another
   * look was first.
   */
  recordComparison: (look: LookRecord): void => write((tx) => recordComparison(tx, look, now())),

  /** Stored candles that an answer left out, in order of time. */
  suspicions: (series: Series): Suspicion[] => read((db) => suspicionsOf(db, series)),

  /** No answer reached over the candle: it is not suspected any more. */
  dropSuspicion: (series: Series, openTimeMs: number): void =>
    write((tx) => forgetSuspicions(tx, series, [openTimeMs])),

  /** By the open time of the candle, newest first. */
  corrections: (wanted: CorrectionsWanted): CorrectionRow[] => read((db) => newest(db, wanted)),
});
