import { createHash } from 'node:crypto';
import { and, asc, eq, inArray, isNotNull, isNull, lt } from 'drizzle-orm';
import { seriesKey } from '../series.ts';
import { record } from './audit.ts';
import type { Store, Writer } from './database.ts';
import { type FileRow, seriesOfFile } from './file-rows.ts';
import { addLineageFiles, createBuckets, dispositionsOfFiles, foldDispositions } from './row-ranges.ts';
import { claimRuns, claims } from './schema/claims.ts';
import { fileRanges, files } from './schema/files.ts';
import { dispositions } from './schema/lineages.ts';
import { versions } from './schema/versions.ts';

export interface CompactRequest {
  /** How long ago a file was deleted, or a claim closed. */
  readonly olderThanMs: number;
  /** Files at a time: the write lock is held for so long. */
  readonly limit: number;
}

export interface Compacted {
  readonly files: number;
  readonly claims: number;
}

const groupBy = <T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
};

const oldFiles = (tx: Writer, before: number, limit: number): FileRow[] =>
  tx
    .select()
    .from(files)
    .where(and(eq(files.status, 'deleted'), lt(files.deletedAt, before)))
    .orderBy(asc(files.seq))
    .limit(limit)
    .all();

/** Each id in the order of registration, so that whoever has the ids can prove that they are the ones. */
const chain = (before: string, rows: readonly FileRow[]): string =>
  rows.reduce((hash, { fileId }) => createHash('sha256').update(`${hash}\n${fileId}`).digest('hex'), before);

const foldFiles = (tx: Writer, rows: readonly FileRow[], now: number): void => {
  const [first] = rows;
  if (!first) return;
  const [series, kind] = [seriesKey(seriesOfFile(first)), first.kind];
  const known = tx
    .select()
    .from(fileRanges)
    .where(and(eq(fileRanges.series, series), eq(fileRanges.kind, kind)))
    .get();
  const values = {
    fromMs: Math.min(known?.fromMs ?? first.tStart, ...rows.map(({ tStart }) => tStart)),
    toMs: Math.max(known?.toMs ?? first.tEnd, ...rows.map(({ tEnd }) => tEnd)),
    files: (known?.files ?? 0) + rows.length,
    bars: rows.reduce((sum, { bars }) => sum + bars, known?.bars ?? 0),
    chain: chain(known?.chain ?? '', rows),
    compactedAt: now,
  };
  tx.insert(fileRanges)
    .values({ series, kind, ...values })
    .onConflictDoUpdate({ target: [fileRanges.series, fileRanges.kind], set: values })
    .run();
};

type Found = ReturnType<typeof dispositionsOfFiles>[number];

const foldLineage = (
  tx: Writer,
  lineage: string,
  found: readonly Found[],
  bucketOf: (seq: number) => number,
): void => {
  const ranges = found.map(({ row, seq }) => {
    const { series, kind, fromMs, toMs, candles } = row;
    return { lineage, series, kind, fromMs, toMs, candles, untilSeq: seq };
  });
  foldDispositions(tx, lineage, ranges, bucketOf);
  const perFile = [...groupBy(found, ({ row }) => row.fileId).values()];
  const bars = new Map(
    tx
      .select({ fileId: files.fileId, bars: files.bars })
      .from(files)
      .where(
        inArray(
          files.fileId,
          perFile.map(([one]) => one!.row.fileId),
        ),
      )
      .all()
      .map((file) => [file.fileId, file.bars]),
  );
  const added = perFile.map(([one]) => ({
    untilSeq: one!.seq,
    files: 1,
    bars: bars.get(one!.row.fileId)!,
  }));
  addLineageFiles(tx, lineage, added, bucketOf);
};

const compactFiles = (tx: Writer, before: number, limit: number, now: number): number => {
  const rows = oldFiles(tx, before, limit);
  if (rows.length === 0) return 0;
  const ids = rows.map(({ fileId }) => fileId);
  const found = dispositionsOfFiles(tx, ids);
  const bucketOf = createBuckets(tx);
  for (const group of groupBy(rows, (row) => `${seriesKey(seriesOfFile(row))} ${row.kind}`).values())
    foldFiles(tx, group, now);
  for (const [lineage, own] of groupBy(found, ({ row }) => row.lineage))
    foldLineage(tx, lineage, own, bucketOf);
  tx.delete(dispositions).where(inArray(dispositions.fileId, ids)).run();
  tx.delete(files).where(inArray(files.fileId, ids)).run();
  return rows.length;
};

/** A claim that made a version stays with it. An old body that comes back to one that went meets `Fenced` all the same. */
const compactClaims = (tx: Writer, before: number): number => {
  const closed = and(isNotNull(claims.closedAt), lt(claims.closedAt, before));
  const old = tx.select({ id: claims.claimId }).from(claims).where(closed);
  tx.delete(claimRuns).where(inArray(claimRuns.claimId, old)).run();
  const kept = tx
    .select({ id: claims.claimId })
    .from(claims)
    .leftJoin(versions, eq(versions.claimId, claims.claimId))
    .where(and(closed, isNull(versions.seq)));
  return tx.delete(claims).where(inArray(claims.claimId, kept)).run().changes;
};

const compact = (tx: Writer, { olderThanMs, limit }: CompactRequest, now: number): Compacted => {
  const before = now - olderThanMs;
  const done = { files: compactFiles(tx, before, limit, now), claims: compactClaims(tx, before) };
  if (done.files + done.claims > 0)
    record(tx, now, { actor: 'ledger', action: 'ledger.compact', subject: 'rows', detail: done });
  return done;
};

export const compactStore = ({ write, now }: Store) => ({
  /**
   * Folds rows of files that were deleted long ago into ranges, with their dispositions, and lets old closed claims go,
   * so that the ledger does not grow for ever. The sums stay. Repeat it until it folds fewer files than `limit`.
   */
  compactRows: (request: CompactRequest): Compacted => write((tx) => compact(tx, request, now())),
});
