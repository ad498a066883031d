import { eq } from 'drizzle-orm';
import type { Reader, Store, Writer } from './database.ts';
import { type dispositionKinds, dispositions } from './schema/lineages.ts';

/** What became of `candles` consecutive candles of a file, with open times in [fromMs, toMs], in a lineage. */
export interface Disposition {
  readonly lineage: string;
  readonly fileId: string;
  /** The series' key. */
  readonly series: string;
  readonly kind: (typeof dispositionKinds)[number];
  readonly fromMs: number;
  readonly toMs: number;
  readonly candles: number;
}

export type DispositionRow = typeof dispositions.$inferSelect;

/** A trigger of the database refuses a candle that the lineage was trained on before. */
export const recordDispositions = (tx: Writer, found: readonly Disposition[], versionId: string): void => {
  for (const disposition of found) {
    tx.insert(dispositions)
      .values({ ...disposition, versionId })
      .run();
  }
};

export const dispositionsOf = (db: Reader, lineage: string): DispositionRow[] =>
  db.select().from(dispositions).where(eq(dispositions.lineage, lineage)).orderBy(dispositions.fromMs).all();

export const dispositionStore = ({ read }: Store) => ({
  /** The trained ranges of a lineage are those of kind `trained`. In order of time. */
  dispositions: (lineage: string): DispositionRow[] => read((db) => dispositionsOf(db, lineage)),
});
