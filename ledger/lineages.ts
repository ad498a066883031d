import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { record } from './audit.ts';
import { holdsAny } from './claim-rows.ts';
import type { Reader, Store, Writer } from './database.ts';
import { dispositionsOf } from './dispositions.ts';
import { LedgerError } from './errors.ts';
import { type NewFile, unclaimed } from './file-rows.ts';
import { fileById, isOneOf } from './files.ts';
import { activeLineage, type LineageRow, nextLineageName } from './lineage-rows.ts';
import { inheritRanges } from './row-ranges.ts';
import { claims } from './schema/claims.ts';
import { files } from './schema/files.ts';
import { dispositions, lineages } from './schema/lineages.ts';
import { versions } from './schema/versions.ts';
import { livingVersion } from './version-rows.ts';

export interface BranchPoint {
  /** The lineage whose state at `versionId` the branch begins with. */
  readonly lineage: string;
  readonly versionId: string;
  /** Of the lineage's head record in that version. */
  readonly headHash: string;
  readonly nStates: number;
}

export interface LineageStart {
  /** The series' key. */
  readonly series: string;
  readonly actor: string;
  readonly reason: string;
  /** Begin with an earlier state of the series; absent: begin with a genesis. */
  readonly branch?: BranchPoint;
  /** Processed files that wait to be trained on again. */
  readonly requeue: readonly string[];
  /** Files that were made anew from the archive; their CSVs are durably in place. */
  readonly restored: readonly NewFile[];
}

/** A training that is under way would be lost, or would land in the wrong lineage. */
const refuseWhileClaimed = (tx: Writer, series: string): void => {
  const open = tx.select().from(claims).where(isNull(claims.closedAt)).all();
  const holder = open.find(({ fence }) => holdsAny(tx, fence, [series]));
  if (!holder) return;
  const who = `claim ${holder.claimId} of ${holder.workflowId}`;
  throw new LedgerError('Conflict', `${series} is being trained: ${who} is open`);
};

const waiting = { status: 'downloaded', processedAt: null, ...unclaimed } as const;

const requeue = (tx: Writer, fileIds: readonly string[]): void => {
  tx.update(files)
    .set(waiting)
    .where(and(isOneOf(fileIds), sql`+${files.status} = 'processed'`))
    .run();
};

/** The same bytes may have been restored before: then their row comes back. */
const restore = (tx: Writer, file: NewFile, now: number): void => {
  const known = fileById(tx, file.fileId);
  if (known === undefined) {
    tx.insert(files)
      .values({ ...file, status: 'downloaded', createdAt: now })
      .run();
    return;
  }
  const { fetchedAt } = file;
  const back = { ...waiting, fetchedAt, archivedAt: null, deletedAt: null };
  tx.update(files).set(back).where(eq(files.seq, known.seq)).run();
};

const seqOfVersion = (db: Reader, versionId: string): number =>
  db.select({ seq: versions.seq }).from(versions).where(eq(versions.versionId, versionId)).get()?.seq ?? 0;

/** What the branch inherits: the candles of the old lineage up to the version, so that it counts by itself. */
const inherit = (tx: Writer, { lineage, versionId }: BranchPoint, branch: string): void => {
  const last = seqOfVersion(tx, livingVersion(tx, versionId).versionId);
  for (const row of dispositionsOf(tx, lineage)) {
    if (seqOfVersion(tx, row.versionId) > last) continue;
    tx.insert(dispositions)
      .values({ ...row, lineage: branch })
      .run();
  }
  inheritRanges(tx, lineage, branch, last);
};

const startAt = (branch: BranchPoint | undefined) =>
  branch && {
    headVersionId: branch.versionId,
    headHash: branch.headHash,
    nStates: branch.nStates,
    branchOf: branch.lineage,
  };

const start = (tx: Writer, request: LineageStart, now: number): LineageRow => {
  const { series, branch, actor, reason, restored } = request;
  refuseWhileClaimed(tx, series);
  const from = activeLineage(tx, series);
  const lineage = nextLineageName(tx, series);
  const row = tx
    .insert(lineages)
    .values({ lineage, series, ...startAt(branch), createdAt: now, updatedAt: now })
    .returning()
    .get();
  if (branch) inherit(tx, branch, lineage);
  requeue(tx, request.requeue);
  for (const file of restored) restore(tx, file, now);
  const filesBack = { requeued: request.requeue.length, restored: restored.length };
  const detail = { reason, series, from: from?.lineage ?? null, to: branch?.versionId ?? null, ...filesBack };
  record(tx, now, { actor, action: branch ? 'lineage.rewind' : 'lineage.new', subject: lineage, detail });
  return row;
};

export const lineageStore = ({ read, write, now }: Store) => ({
  /** Oldest first. */
  lineages: (): LineageRow[] => read((db) => db.select().from(lineages).orderBy(asc(lineages.seq)).all()),

  /** The lineage of a series that learns, undefined before its first genesis. */
  activeLineage: (series: string): LineageRow | undefined => read((db) => activeLineage(db, series)),

  /**
   * Begins another lineage of a series, at a genesis or at an earlier state, and takes files back for it; audited.
   * Throws `Conflict` while a claim on the series is open.
   */
  startLineage: (request: LineageStart): LineageRow => write((tx) => start(tx, request, now())),
});
