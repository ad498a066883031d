import { eq } from 'drizzle-orm';
import { type Series, seriesKey } from '../series.ts';
import type { Store, Writer } from './database.ts';
import { gaps } from './schema.ts';

/** Candles that the exchange did not give; `fromMs` and `toMs` are the open times of the first and the last of them. */
export interface Gap {
  /** The series' key. */
  readonly series: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly missing: number;
}

export const recordGaps = (tx: Writer, found: readonly Gap[], now: number): void => {
  for (const { series, fromMs, toMs, missing } of found) {
    tx.insert(gaps).values({ series, fromMs, toMs, missing, foundAt: now }).onConflictDoNothing().run();
  }
};

const columns = { series: gaps.series, fromMs: gaps.fromMs, toMs: gaps.toMs, missing: gaps.missing };

export const gapStore = ({ read }: Store) => ({
  /** All gaps, or those of one series, in order of time. */
  gaps: (series?: Series): Gap[] =>
    read((db) =>
      db
        .select(columns)
        .from(gaps)
        .where(series && eq(gaps.series, seriesKey(series)))
        .orderBy(gaps.series, gaps.fromMs)
        .all(),
    ),
});
