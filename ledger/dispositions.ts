import { eq } from 'drizzle-orm';
import type { Store, Writer } from './database.ts';
import { type dispositionKinds, dispositions, lineages } from './schema.ts';

/** What became of `candles` candles of a file, with open times in [fromMs, toMs], in a lineage. */
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
export type LineageRow = typeof lineages.$inferSelect;

/** Writes them, and moves the head of each lineage that was trained to the version. */
export const recordDispositions = (
  tx: Writer,
  found: readonly Disposition[],
  versionId: string,
  now: number,
): void => {
  for (const disposition of found) {
    tx.insert(dispositions)
      .values({ ...disposition, versionId })
      .run();
    if (disposition.kind === 'trained') moveHead(tx, disposition, versionId, now);
  }
};

const moveHead = (tx: Writer, { lineage, series }: Disposition, versionId: string, now: number): void => {
  tx.insert(lineages)
    .values({ lineage, series, headVersionId: versionId, updatedAt: now })
    .onConflictDoUpdate({ target: lineages.lineage, set: { headVersionId: versionId, updatedAt: now } })
    .run();
};

export const lineageStore = ({ read }: Store) => ({
  lineages: (): LineageRow[] => read((db) => db.select().from(lineages).orderBy(lineages.lineage).all()),

  /** The trained ranges of a lineage are those of kind `trained`. In order of time. */
  dispositions: (lineage: string): DispositionRow[] =>
    read((db) =>
      db
        .select()
        .from(dispositions)
        .where(eq(dispositions.lineage, lineage))
        .orderBy(dispositions.fromMs)
        .all(),
    ),
});
