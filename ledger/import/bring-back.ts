import { and, eq } from 'drizzle-orm';
import { seriesKey } from '../../series.ts';
import type { Reader, Writer } from '../database.ts';
import { type FileRow, type NewFile, seriesOfFile, unclaimed } from '../file-rows.ts';
import { activeLineage } from '../lineage-rows.ts';
import { recordLostCopies } from '../lost-copies.ts';
import { files } from '../schema/files.ts';
import { dispositions } from '../schema/lineages.ts';

/** The lineage that learns has said what became of its candles, or there is none and it was trained on. */
const isDoneWith = (db: Reader, row: FileRow): boolean => {
  if (row.processedAt === null) return false;
  const active = activeLineage(db, seriesKey(seriesOfFile(row)));
  if (!active) return true;
  const isOfFile = and(eq(dispositions.lineage, active.lineage), eq(dispositions.fileId, row.fileId));
  return (
    db.select({ kind: dispositions.kind }).from(dispositions).where(isOfFile).limit(1).get() !== undefined
  );
};

/**
 * The same bytes came again, and are in place: they are current again, with their attempts forgotten. What was trained is
 * not trained again. False for a copy of a file in which nothing was certain when it came: its row says nothing of its
 * candles and never changes, so they become gaps instead.
 */
export const bringBack = (tx: Writer, row: FileRow, file: NewFile, now: number): boolean => {
  if (row.path !== file.path || row.bars !== file.bars) {
    recordLostCopies(tx, [file], now);
    return false;
  }
  const isDone = isDoneWith(tx, row);
  const again = { status: 'downloaded', processedAt: null, fetchedAt: file.fetchedAt, ...unclaimed } as const;
  tx.update(files)
    .set({ ...(isDone ? { status: 'processed' } : again), attempts: 0, quarantineReason: null })
    .where(eq(files.seq, row.seq))
    .run();
  return true;
};
