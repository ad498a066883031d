import { desc, eq } from 'drizzle-orm';
import type { Reader, Writer } from './database.ts';
import { LedgerError } from './errors.ts';
import { lineages } from './schema/lineages.ts';

export type LineageRow = typeof lineages.$inferSelect;

/** How the head of a lineage moves with a commit. */
export interface HeadMove {
  readonly lineage: string;
  /** The series' key. */
  readonly series: string;
  /** The head that the training went on from; null: this is the genesis. */
  readonly from: string | null;
  /** Of the new head's record. */
  readonly headHash: string;
  readonly nStates: number;
}

/** The lineage that learns: the newest of the series. */
export const activeLineage = (db: Reader, series: string): LineageRow | undefined =>
  db.select().from(lineages).where(eq(lineages.series, series)).orderBy(desc(lineages.seq)).limit(1).get();

const countOf = (db: Reader, series: string): number =>
  db.select().from(lineages).where(eq(lineages.series, series)).all().length;

/** Why a training with another number of states than the lineage's is refused; undefined: it is not. */
export const refusalOfStates = (
  row: LineageRow | undefined,
  asked: number | undefined,
): string | undefined => {
  if (asked === undefined || row?.nStates == null || asked === row.nStates) return undefined;
  return (
    `the lineage ${row.lineage} has ${row.nStates} states since its genesis, ${asked} were asked for; ` +
    'begin another one with `npm run lineage -- new`'
  );
};

/** `<series>#<n>`, n from 1. */
export const nextLineageName = (db: Reader, series: string): string => `${series}#${countOf(db, series) + 1}`;

/** A series that never had a lineage begins its first one with its genesis. */
const lineageToMove = (tx: Writer, move: HeadMove, now: number): LineageRow => {
  const active = activeLineage(tx, move.series);
  if (active) return active;
  const { series } = move;
  const lineage = nextLineageName(tx, series);
  return tx.insert(lineages).values({ lineage, series, createdAt: now, updatedAt: now }).returning().get();
};

/** Only from the head that the training went on from: what happened to the lineage since would be lost. */
export const moveHead = (tx: Writer, move: HeadMove, versionId: string, now: number): void => {
  const row = lineageToMove(tx, move, now);
  if (row.lineage !== move.lineage || row.headVersionId !== move.from) {
    const [expected, found] = [`${move.lineage} at ${move.from}`, `${row.lineage} at ${row.headVersionId}`];
    throw new LedgerError('Fenced', `the training went on from ${expected}; the series is now ${found}`);
  }
  const { headHash, nStates } = move;
  tx.update(lineages)
    .set({ headVersionId: versionId, headHash, nStates, updatedAt: now })
    .where(eq(lineages.seq, row.seq))
    .run();
};
