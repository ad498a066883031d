import { and, between, eq, inArray, notInArray } from 'drizzle-orm';
import { type Series, seriesKey } from '../series.ts';
import type { Reader, Writer } from './database.ts';
import { suspectedRemovals } from './schema/files.ts';

/** A stored candle that an answer left out, and when it was first seen to be. */
export interface Suspicion {
  readonly openTimeMs: number;
  readonly seenAt: number;
}

const ofSeries = (series: Series) => eq(suspectedRemovals.series, seriesKey(series));

export const suspicionsOf = (db: Reader, series: Series): Suspicion[] =>
  db
    .select({ openTimeMs: suspectedRemovals.openTimeMs, seenAt: suspectedRemovals.seenAt })
    .from(suspectedRemovals)
    .where(ofSeries(series))
    .orderBy(suspectedRemovals.openTimeMs)
    .all();

/** The exchange gave the candle again: it was never removed. */
const acquit = (
  tx: Writer,
  series: Series,
  cover: { readonly fromMs: number; readonly toMs: number },
  missing: readonly number[],
): void => {
  tx.delete(suspectedRemovals)
    .where(
      and(
        ofSeries(series),
        between(suspectedRemovals.openTimeMs, cover.fromMs, cover.toMs),
        notInArray(suspectedRemovals.openTimeMs, [...missing]),
      ),
    )
    .run();
};

/** Those that are missing for the first time are remembered, those that are there again forgotten. */
export const recordMissing = (
  tx: Writer,
  series: Series,
  look: {
    readonly cover: { readonly fromMs: number; readonly toMs: number };
    readonly missing: readonly number[];
  },
  now: number,
): void => {
  acquit(tx, series, look.cover, look.missing);
  for (const openTimeMs of look.missing)
    tx.insert(suspectedRemovals)
      .values({ series: seriesKey(series), openTimeMs, seenAt: now })
      .onConflictDoNothing()
      .run();
};

/** They are removed for good: a tombstone says so. */
export const forgetSuspicions = (tx: Writer, series: Series, times: readonly number[]): void => {
  tx.delete(suspectedRemovals)
    .where(and(ofSeries(series), inArray(suspectedRemovals.openTimeMs, [...times])))
    .run();
};
