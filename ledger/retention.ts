import { desc, eq, isNotNull, isNull } from 'drizzle-orm';
import { record } from './audit.ts';
import type { Reader, Store, Writer } from './database.ts';
import { allPromotions, championStack } from './promotions.ts';
import { lineages } from './schema/lineages.ts';
import { versions } from './schema/versions.ts';
import { livingVersion, type VersionRow } from './version-rows.ts';

/** Never pruned: the champion, the one before it (by the stack and by time), and the heads of the lineages. */
const protectedVersions = (db: Reader): Set<string> => {
  const promoted = allPromotions(db);
  const newest = promoted.at(-1)?.previousVersionId ?? undefined;
  const heads = db.select({ id: lineages.headVersionId }).from(lineages).all();
  const ids = [...championStack(promoted).slice(-2), newest, ...heads.map(({ id }) => id)];
  return new Set(ids.filter((id) => id !== undefined && id !== null));
};

const prunable = (db: Reader, keep: number): VersionRow[] => {
  const living = db
    .select()
    .from(versions)
    .where(isNull(versions.prunedAt))
    .orderBy(desc(versions.seq))
    .all();
  const kept = protectedVersions(db);
  return living.slice(keep).filter(({ versionId }) => !kept.has(versionId));
};

const markPruned = (tx: Writer, versionId: string, now: number): boolean => {
  if (protectedVersions(tx).has(livingVersion(tx, versionId).versionId)) return false;
  tx.update(versions).set({ prunedAt: now }).where(eq(versions.versionId, versionId)).run();
  record(tx, now, { actor: 'ledger', action: 'version.prune', subject: versionId });
  return true;
};

export const retentionStore = ({ read, write, now }: Store) => ({
  /** Versions beyond the newest `keep` that nothing protects, newest first. */
  prunableVersions: ({ keep }: { keep: number }): VersionRow[] => read((db) => prunable(db, keep)),

  /** Before the directory goes. False when the version has become protected meanwhile. */
  markPruned: (versionId: string): boolean => write((tx) => markPruned(tx, versionId, now())),

  prunedVersions: (): VersionRow[] =>
    read((db) => db.select().from(versions).where(isNotNull(versions.prunedAt)).all()),
});
