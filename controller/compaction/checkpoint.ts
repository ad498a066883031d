import { eq, sql } from 'drizzle-orm';
import { canonicalJson } from '../canonical.ts';
import type { Db } from '../database.ts';
import type { FeatureSet } from '../features.ts';
import { learningOf, type Policy } from '../policies.ts';
import { asPosterior, type Posterior, posteriorRow } from '../posteriors.ts';
import type { Replayed } from '../rebuild.ts';
import { arms, checkpoints, compactedScopes } from '../schema.ts';
import type { ScopeRow } from '../scopes.ts';

/** What was learned from outcomes that are gone. `throughSeq`: the number of the last of them; 0: none is gone. */
export interface Checkpoint extends Replayed {
  readonly throughSeq: number;
}

/** A free scope's set grows by names at its end; what was learned before extends by zeros. */
const continues = (before: FeatureSet, now: FeatureSet): boolean => {
  const cut = (values: readonly unknown[]) => values.slice(0, before.names.length);
  const grown = { ...now, names: cut(now.names), means: cut(now.means), scales: cut(now.scales) };
  return before.kind === now.kind && canonicalJson(before) === canonicalJson(grown);
};

const counts = (row: typeof compactedScopes.$inferSelect, scope: ScopeRow, policy: Policy): boolean =>
  row.learning === learningOf(policy) &&
  continues(JSON.parse(row.featureSet) as FeatureSet, scope.featureSet);

const posteriorsAt = (db: Db, { id, featureSet }: ScopeRow, policy: Policy): Map<number, Posterior> => {
  const rows = db
    .select({ checkpoint: checkpoints })
    .from(checkpoints)
    .innerJoin(arms, eq(arms.id, checkpoints.armId))
    .where(eq(arms.scopeId, id))
    .all();
  const dimension = featureSet.names.length + 1;
  return new Map(
    rows.map(({ checkpoint }) => [checkpoint.armId, asPosterior(checkpoint, dimension, policy.rates)]),
  );
};

/**
 * The checkpoint of a scope. One that was learned under other speeds, rewards or features means nothing under these: then
 * the arms know what the outcomes that are still there say.
 */
export const readCheckpoint = (db: Db, scope: ScopeRow, policy: Policy): Checkpoint => {
  const row = db.select().from(compactedScopes).where(eq(compactedScopes.scopeId, scope.id)).get();
  const throughSeq = row?.throughSeq ?? 0;
  if (!row || !counts(row, scope, policy)) return { throughSeq, posteriors: new Map(), evidence: [] };
  const evidence = JSON.parse(row.evidence) as number[];
  return { throughSeq, posteriors: posteriorsAt(db, scope, policy), evidence };
};

/** How many learned outcomes are in a checkpoint that means nothing under these settings. */
export const discardedOutcomes = (db: Db, scope: ScopeRow, policy: Policy): number => {
  const row = db.select().from(compactedScopes).where(eq(compactedScopes.scopeId, scope.id)).get();
  if (!row || counts(row, scope, policy)) return 0;
  const kept = db
    .select({ outcomes: sql<number>`coalesce(sum(${checkpoints.outcomes}), 0)` })
    .from(checkpoints)
    .innerJoin(arms, eq(arms.id, checkpoints.armId))
    .where(eq(arms.scopeId, scope.id))
    .get();
  return kept?.outcomes ?? 0;
};

const dropCheckpoints = (db: Db, scopeId: number): void =>
  void db.run(sql`delete from checkpoints where arm_id in (select id from arms where scope_id = ${scopeId})`);

export const storeCheckpoint = (db: Db, scope: ScopeRow, policy: Policy, made: Checkpoint): void => {
  const { throughSeq, posteriors, evidence } = made;
  dropCheckpoints(db, scope.id);
  for (const [armId, posterior] of posteriors)
    db.insert(checkpoints).values(posteriorRow(armId, posterior)).run();
  const row = {
    throughSeq,
    learning: learningOf(policy),
    featureSet: canonicalJson(scope.featureSet),
    evidence: JSON.stringify(evidence),
  };
  db.insert(compactedScopes)
    .values({ scopeId: scope.id, ...row })
    .onConflictDoUpdate({ target: compactedScopes.scopeId, set: row })
    .run();
};
