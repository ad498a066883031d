import { and, asc, eq, isNotNull } from 'drizzle-orm';
import type { Db } from './database.ts';
import { contextVector, type Features } from './features.ts';
import { dropPosterior, emptyPosterior, learned, type Posterior, storePosterior } from './posteriors.ts';
import { arms, outcomes } from './schema.ts';
import type { ScopeRow } from './scopes.ts';

/** What every arm of the scope must know by its stored outcomes alone: arm id → posterior. */
export const replayOutcomes = (
  db: Db,
  { id, featureSet }: ScopeRow,
  halfLife: number,
): Map<number, Posterior> => {
  const rows = db
    .select()
    .from(outcomes)
    .where(and(eq(outcomes.scopeId, id), isNotNull(outcomes.learnedSeq)))
    .orderBy(asc(outcomes.learnedSeq))
    .all();
  const byArm = new Map<number, Posterior>();
  for (const { armId, features, reward, learnedSeq } of rows) {
    const x = contextVector(featureSet, JSON.parse(features) as Features);
    const before = byArm.get(armId) ?? emptyPosterior(x.length);
    byArm.set(armId, learned(before, { x, reward, learnedSeq: learnedSeq as number }, halfLife));
  }
  return byArm;
};

/** Learns everything again from the outcomes, inside the caller's transaction. */
export const rebuildPosteriors = (db: Db, scope: ScopeRow, halfLife: number): void => {
  const known = db.select({ id: arms.id }).from(arms).where(eq(arms.scopeId, scope.id)).all();
  for (const { id } of known) dropPosterior(db, id);
  for (const [armId, posterior] of replayOutcomes(db, scope, halfLife)) storePosterior(db, armId, posterior);
};
