import { and, eq } from 'drizzle-orm';
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

const hashesOf = (db: Reader, series: Series, month: string): string[] | undefined => {
  const row = db.select().from(archiveMonths).where(isMonth(series, month)).get();
  return row && [row.sha256, row.nextSha256].filter((hash) => hash !== null);
};

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
  /** What a month's file may hash to: two while it is being replaced. Undefined for one that was written before hashes were kept. */
  archiveMonthHashes: (series: Series, month: string): string[] | undefined =>
    read((db) => hashesOf(db, series, month)),

  /** Before a month's file is replaced, so that a crash on either side of it leaves bytes that are known. */
  announceMonth: (change: MonthChange): void => write((tx) => announce(tx, change)),

  /** After a month's file is gone for good. */
  forgetMonth: (series: Series, month: string): void =>
    write((tx) => void tx.delete(archiveMonths).where(isMonth(series, month)).run()),
});
