import { and, asc, eq, inArray, isNull, lte } from 'drizzle-orm';
import { parseSeries, type Series, seriesKey, timeframesMs } from '../series.ts';
import type { Reader, Store, Writer } from './database.ts';
import { fileRanges } from './schema/files.ts';
import { dispositionRanges, dispositions, lineageFiles } from './schema/lineages.ts';
import { versions } from './schema/versions.ts';

/** Deleted files whose rows were folded: one row per series and kind. */
export type FileRange = typeof fileRanges.$inferSelect;
export type DispositionRange = typeof dispositionRanges.$inferSelect;
type NewRange = Omit<DispositionRange, 'seq'>;
type LineageFiles = typeof lineageFiles.$inferSelect;

export const fileRangesOf = (db: Reader, series?: Series): FileRange[] =>
  db
    .select()
    .from(fileRanges)
    .where(series && eq(fileRanges.series, seriesKey(series)))
    .all();

/**
 * A lineage can be rewound to a version that is still in the registry, and inherits what was trained up to it. So what
 * is folded together never reaches across one: it belongs to the oldest of them that is not older than it.
 */
export const createBuckets = (db: Reader) => {
  const living = db
    .select({ seq: versions.seq })
    .from(versions)
    .where(isNull(versions.prunedAt))
    .orderBy(asc(versions.seq))
    .all();
  return (seq: number): number => living.find((version) => version.seq >= seq)?.seq ?? seq;
};

/** Trained candles lie in runs without a hole, and none twice: two that adjoin become one. */
const joinRuns = (sorted: readonly NewRange[], stepMs: number): NewRange[] => {
  const runs: NewRange[] = [];
  for (const next of sorted) {
    const last = runs.at(-1);
    if (last && last.untilSeq === next.untilSeq && next.fromMs === last.toMs + stepMs)
      runs[runs.length - 1] = { ...last, toMs: next.toMs, candles: last.candles + next.candles };
    else runs.push(next);
  }
  return runs;
};

/** Of the other kinds a candle may come several times: what counts is how many there were. */
const addUp = (all: readonly NewRange[]): NewRange[] => {
  const sums = new Map<string, NewRange>();
  for (const next of all) {
    const key = `${next.kind} ${next.untilSeq}`;
    const sum = sums.get(key) ?? next;
    sums.set(key, {
      ...sum,
      fromMs: Math.min(sum.fromMs, next.fromMs),
      toMs: Math.max(sum.toMs, next.toMs),
      candles: sum === next ? next.candles : sum.candles + next.candles,
    });
  }
  return [...sums.values()];
};

const merged = (all: readonly NewRange[], stepMs: number): NewRange[] => {
  const trained = all
    .filter(({ kind }) => kind === 'trained')
    .sort((one, other) => one.fromMs - other.fromMs);
  return [...joinRuns(trained, stepMs), ...addUp(all.filter(({ kind }) => kind !== 'trained'))];
};

const withoutSeq = (
  { lineage, series, kind, fromMs, toMs, candles, untilSeq }: NewRange,
  bucketOf: (seq: number) => number,
): NewRange => ({ lineage, series, kind, fromMs, toMs, candles, untilSeq: bucketOf(untilSeq) });

const contentOf = ({ kind, fromMs, toMs, candles, untilSeq }: NewRange): string =>
  [kind, fromMs, toMs, candles, untilSeq].join(' ');

/** First what they became is there, then they go: the database's rules refuse it the other way round. */
export const foldDispositions = (
  tx: Writer,
  lineage: string,
  rows: readonly NewRange[],
  bucketOf: (seq: number) => number,
): void => {
  const before = tx.select().from(dispositionRanges).where(eq(dispositionRanges.lineage, lineage)).all();
  const all = [...before, ...rows].map((range) => withoutSeq(range, bucketOf));
  const stepMs = timeframesMs[parseSeries(all[0]!.series).timeframe];
  const after = merged(all, stepMs);
  const stays = new Set(before.map(contentOf));
  for (const range of after)
    if (!stays.has(contentOf(range))) tx.insert(dispositionRanges).values(range).run();
  const wanted = new Set(after.map(contentOf));
  for (const range of before)
    if (!wanted.has(contentOf(range)))
      tx.delete(dispositionRanges).where(eq(dispositionRanges.seq, range.seq)).run();
};

/** How many folded files, and candles in them, a lineage has dispositions of: what its ranges must add up to. */
export const addLineageFiles = (
  tx: Writer,
  lineage: string,
  added: readonly Omit<LineageFiles, 'lineage'>[],
  bucketOf: (seq: number) => number,
): void => {
  const before = tx.select().from(lineageFiles).where(eq(lineageFiles.lineage, lineage)).all();
  const sums = new Map<number, LineageFiles>();
  for (const { untilSeq, files, bars } of [...before, ...added]) {
    const bucket = bucketOf(untilSeq);
    const sum = sums.get(bucket) ?? { lineage, untilSeq: bucket, files: 0, bars: 0 };
    sums.set(bucket, { ...sum, files: sum.files + files, bars: sum.bars + bars });
  }
  tx.delete(lineageFiles).where(eq(lineageFiles.lineage, lineage)).run();
  for (const sum of sums.values()) tx.insert(lineageFiles).values(sum).run();
};

/** What a branch inherits of the folded rows of its lineage, up to a version. */
export const inheritRanges = (tx: Writer, lineage: string, branch: string, lastSeq: number): void => {
  const upTo = and(eq(dispositionRanges.lineage, lineage), lte(dispositionRanges.untilSeq, lastSeq));
  for (const range of tx.select().from(dispositionRanges).where(upTo).all())
    tx.insert(dispositionRanges)
      .values({ ...withoutSeq(range, (seq) => seq), lineage: branch })
      .run();
  const files = and(eq(lineageFiles.lineage, lineage), lte(lineageFiles.untilSeq, lastSeq));
  for (const sum of tx.select().from(lineageFiles).where(files).all())
    tx.insert(lineageFiles)
      .values({ ...sum, lineage: branch })
      .run();
};

export const dispositionsOfFiles = (db: Reader, fileIds: readonly string[]) =>
  db
    .select({ row: dispositions, seq: versions.seq })
    .from(dispositions)
    .innerJoin(versions, eq(versions.versionId, dispositions.versionId))
    .where(inArray(dispositions.fileId, [...fileIds]))
    .all();

export const rowRangeStore = ({ read }: Store) => ({
  /** What is left of file rows that were folded. */
  fileRanges: (series?: Series): FileRange[] => read((db) => fileRangesOf(db, series)),
});
