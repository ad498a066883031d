import { and, count, desc, eq, isNull, lt } from 'drizzle-orm';
import { type NewAlert, raise } from './alerts.ts';
import { record } from './audit.ts';
import {
  type ClaimRow,
  claimRow,
  closeClaim,
  heldBy,
  holdsAny,
  type Owner,
  ownClaim,
  requireLease,
  requireOwner,
} from './claim-rows.ts';
import type { Reader, Store, Writer } from './database.ts';
import { type Disposition, recordDispositions } from './dispositions.ts';
import { LedgerError } from './errors.ts';
import { type HeadMove, moveHead } from './lineage-rows.ts';
import { files } from './schema/files.ts';
import { versions } from './schema/versions.ts';
import { type VersionRow, versionById, versionOfClaim } from './version-rows.ts';

export interface NewVersion {
  readonly versionId: string;
  /** Relative to the models directory. */
  readonly dir: string;
  readonly parentVersionId: string | null;
  readonly metricName: string;
  readonly metricValue: number | null;
  readonly modelHash: string;
  readonly dataHash: string;
  readonly nStates: number;
  readonly nObs: number;
  readonly tag: string | null;
  /** Keys of the series that were trained in it: their claimed files become `processed`. */
  readonly series: readonly string[];
  /** JSON */
  readonly gate: unknown;
  readonly createdAt: number;
}

export interface Commit extends Owner {
  readonly claimId: number;
  readonly version: NewVersion;
  readonly dispositions: readonly Disposition[];
  /** Strict mode: the lineages that were trained. */
  readonly heads?: readonly HeadMove[];
  /** What people are told of it. */
  readonly alerts?: readonly NewAlert[];
  /** Asked under the write lock: is the version's directory (still) in place? */
  readonly isInPlace?: () => boolean;
}

/** The same commit, done before. Another version under this claim, or another model of this name, is a conflict. */
const committedBefore = (tx: Writer, { claimId, version }: Commit): VersionRow | undefined => {
  const found = versionById(tx, version.versionId) ?? versionOfClaim(tx, claimId);
  if (!found) return undefined;
  const same = found.claimId === claimId && found.versionId === version.versionId;
  if (same && found.modelHash === version.modelHash) return found;
  throw new LedgerError(
    'Conflict',
    `${version.versionId}: ${found.versionId} exists, by claim ${found.claimId}`,
  );
};

const requireInPlace = ({ version, isInPlace }: Commit): void => {
  if (isInPlace === undefined || isInPlace()) return;
  throw new LedgerError('NotFound', `${version.dir} is gone; nothing was committed`);
};

const completeFiles = (tx: Writer, own: ClaimRow, series: readonly string[], now: number): number =>
  tx
    .update(files)
    .set({ status: 'processed', processedAt: now, leaseUntil: null })
    .where(heldBy(own.fence, series))
    .run().changes;

const insertVersion = (tx: Writer, { claimId, version }: Commit, claimedFiles: number): VersionRow =>
  tx
    .insert(versions)
    .values({ ...version, claimId, claimedFiles })
    .returning()
    .get();

const commit = (store: Store, tx: Writer, request: Commit): VersionRow => {
  const now = store.now();
  const { claimId, workflowId, runId, version, dispositions, heads = [], alerts = [] } = request;
  requireOwner(tx, claimRow(tx, claimId), { workflowId, runId });
  const before = committedBefore(tx, request);
  if (before) return before;
  const own = ownClaim(tx, claimId, { workflowId, runId }, now);
  requireLease(own, store.leaseNow(tx));
  requireInPlace(request);
  const row = insertVersion(tx, request, completeFiles(tx, own, version.series, now));
  recordDispositions(tx, dispositions, version.versionId);
  for (const head of heads) moveHead(tx, head, version.versionId, now);
  if (!holdsAny(tx, own.fence)) closeClaim(tx, own, 'committed', now);
  for (const alert of alerts) raise(tx, now, { run: { workflowId, runId }, ...alert });
  record(tx, now, {
    actor: `${workflowId}/${runId}`,
    action: 'version.commit',
    subject: version.versionId,
    detail: { claimId, fence: own.fence, files: row.claimedFiles, modelHash: version.modelHash },
  });
  return row;
};

const listVersions = (db: Reader, limit: number, before: number | undefined): VersionRow[] =>
  db
    .select()
    .from(versions)
    .where(and(isNull(versions.prunedAt), before === undefined ? undefined : lt(versions.seq, before)))
    .orderBy(desc(versions.seq))
    .limit(limit)
    .all();

export const versionStore = (store: Store) => ({
  /**
   * Call it when the version's directory is complete and durably in place. ONE transaction: the row, the claimed
   * files of its series → processed, dispositions, lineage heads, audit. The same commit again answers the same row.
   * Files of series that are not in `version.series` stay claimed: give them back.
   */
  commitVersion: (request: Commit): VersionRow => store.write((tx) => commit(store, tx, request)),

  /** Also when it was pruned since: see `prunedAt`. */
  version: (versionId: string): VersionRow | undefined => store.read((db) => versionById(db, versionId)),

  /** The version that a claim became, if it was committed. */
  versionOfClaim: (claimId: number): VersionRow | undefined =>
    store.read((db) => versionOfClaim(db, claimId)),

  /** The versions that were judged against this champion, pruned ones too. */
  versionsJudgedAgainst: (championId: string): VersionRow[] =>
    store.read((db) => db.select().from(versions).where(eq(versions.parentVersionId, championId)).all()),

  /** Those that were not pruned, newest first; `before` is the `seq` of the last row seen. */
  versions: ({ limit, before }: { limit: number; before?: number }): VersionRow[] =>
    store.read((db) => listVersions(db, limit, before)),

  versionCount: (): number =>
    store.read((db) => db.select({ n: count() }).from(versions).where(isNull(versions.prunedAt)).get())?.n ??
    0,
});
