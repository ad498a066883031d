import { and, eq, type SQL } from 'drizzle-orm';
import { type Series, seriesKey } from '../series.ts';
import type { Reader, Store, Writer } from './database.ts';
import { archiveMonths } from './schema/files.ts';

/** A month of the archive that is about to be replaced. */
export interface MonthChange {
  readonly series: Series;
  /** `yyyy-mm` */
  readonly month: string;
  /** Of the bytes that are there now; null where there is no file yet. */
  readonly from: string | null;
  /** Of the bytes that will be there. */
  readonly to: string;
}

const isMonth = (series: Series, month: string) =>
  and(eq(archiveMonths.series, seriesKey(series)), eq(archiveMonths.month, month));

export interface KnownMonth {
  /** Key of the series. */
  readonly series: string;
  /** `yyyy-mm` */
  readonly month: string;
  /** What its file may hash to: two while it is being replaced. */
  readonly hashes: readonly string[];
  /** False while its first file is being written: it may not be there yet. */
  readonly isWritten: boolean;
}

const asKnown = ({ series, month, sha256, nextSha256 }: typeof archiveMonths.$inferSelect): KnownMonth => {
  const hashes = [sha256, nextSha256].filter((hash) => hash !== null);
  return { series, month, hashes, isWritten: sha256 !== null };
};

const known = (db: Reader, where: SQL | undefined): KnownMonth[] =>
  db.select().from(archiveMonths).where(where).all().map(asKnown);

/** False when it was not known. */
export const forgetMonth = (tx: Writer, series: Series, month: string): boolean =>
  tx.delete(archiveMonths).where(isMonth(series, month)).run().changes > 0;

const announce = (tx: Writer, { series, month, from, to }: MonthChange): void => {
  const hashes = { sha256: from, nextSha256: to };
  tx.insert(archiveMonths)
    .values({ series: seriesKey(series), month, ...hashes })
    .onConflictDoUpdate({ target: [archiveMonths.series, archiveMonths.month], set: hashes })
    .run();
};

/** The change is done: only the new bytes are right from here on. */
export const settleMonths = (tx: Writer, changes: readonly MonthChange[]): void => {
  for (const { series, month, to } of changes)
    tx.update(archiveMonths).set({ sha256: to, nextSha256: null }).where(isMonth(series, month)).run();
};

export const archiveMonthStore = ({ read, write }: Store) => ({
  /** Undefined for one that is not there, and for one that was written before hashes were kept. */
  archiveMonth: (series: Series, month: string): KnownMonth | undefined =>
    read((db) => known(db, isMonth(series, month))[0]),

  /** Those of a series, or of all, that have a hash; in no order. */
  archiveMonths: (series?: Series): KnownMonth[] =>
    read((db) => known(db, series && eq(archiveMonths.series, seriesKey(series)))),

  /** Before a month's file is replaced, so that a crash on either side of it leaves bytes that are known. */
  announceMonth: (change: MonthChange): void => write((tx) => announce(tx, change)),

  /** Before a month's file is removed for good: what the ledger knows must be there. */
  forgetMonth: (series: Series, month: string): void => write((tx) => void forgetMonth(tx, series, month)),
});
