import { and, eq, sql } from 'drizzle-orm';
import type { StrategySchema } from '../strategy_schemas/schema.ts';
import { canonicalJson } from './canonical.ts';
import { discardedOutcomes } from './compaction/checkpoint.ts';
import type { Db } from './database.ts';
import { extendedSet, type FeatureSet, type Features, featureSetOf, noFeatures } from './features.ts';
import { recordAct } from './guardrails/audit.ts';
import { targetOfScope } from './guardrails/targets.ts';
import type { Scope } from './names.ts';
import { perConnection } from './per-connection.ts';
import { learningOf, type Policy } from './policies.ts';
import { rebuildPosteriors } from './rebuild.ts';
import { scopes } from './schema.ts';

/** A stored scope with its feature set read. */
export interface ScopeRow {
  readonly id: number;
  readonly strategy: string;
  readonly instrument: string;
  readonly featureSet: FeatureSet;
  /** Learned outcomes so far: the clock of forgetting. */
  readonly learnedCount: number;
  /** Settings that the posteriors were learned under. */
  readonly learning: string;
  /** Discounted log score of each speed of forgetting. */
  readonly evidence: readonly number[];
  readonly pinnedPreset: string | null;
}

const asRow = (row: typeof scopes.$inferSelect): ScopeRow => ({
  ...row,
  featureSet: JSON.parse(row.featureSet) as FeatureSet,
  evidence: JSON.parse(row.evidence) as number[],
});

/** The scope, or undefined when nothing was ever stored for it. */
export const findScope = (db: Db, { strategy, instrument }: Scope): ScopeRow | undefined => {
  const named = and(eq(scopes.strategy, strategy), eq(scopes.instrument, instrument));
  const row = db.select().from(scopes).where(named).get();
  return row && asRow(row);
};

const insertScope = (
  db: Db,
  scope: Scope,
  row: { featureSet: FeatureSet; learning: string; createdAt: number },
): ScopeRow =>
  asRow(
    db
      .insert(scopes)
      .values({ ...scope, ...row, featureSet: canonicalJson(row.featureSet) })
      .returning()
      .get(),
  );

const storeFeatureSet = (db: Db, scope: ScopeRow, featureSet: FeatureSet): ScopeRow => {
  db.update(scopes)
    .set({ featureSet: canonicalJson(featureSet) })
    .where(eq(scopes.id, scope.id))
    .run();
  return { ...scope, featureSet };
};

/** Outcomes that were compacted under other settings cannot be learned again: nobody should have to guess why arms know less. */
const sayWhatIsForgotten = (db: Db, scope: ScopeRow, policy: Policy, now: number): void => {
  const outcomes = discardedOutcomes(db, scope, policy);
  if (outcomes === 0) return;
  const reason = `features, scalers or half-lives changed: ${outcomes} compacted outcomes are no longer known`;
  const target = targetOfScope(scope);
  recordAct(db, { actor: 'controller', action: 'forget', target, reason, detail: { outcomes } }, now);
};

/** Another order, scaler or speed makes the stored sums meaningless, so they are learned again from the outcomes. */
const followPolicy = (
  db: Db,
  scope: ScopeRow,
  { featureSet, policy, now }: { featureSet: FeatureSet; policy: Policy; now: number },
): ScopeRow => {
  const learning = learningOf(policy);
  if (canonicalJson(scope.featureSet) === canonicalJson(featureSet) && scope.learning === learning)
    return scope;
  const changed = { ...storeFeatureSet(db, scope, featureSet), learning };
  const evidence = rebuildPosteriors(db, changed, policy);
  sayWhatIsForgotten(db, changed, policy, now);
  db.update(scopes)
    .set({ learning, evidence: JSON.stringify(evidence) })
    .where(eq(scopes.id, scope.id))
    .run();
  return { ...changed, evidence };
};

/** The scope as schema and policy have it today; made when it is new. */
export const ensureScope = (
  db: Db,
  scope: Scope,
  { schema, policy, now }: { schema: StrategySchema | undefined; policy: Policy; now: number },
): ScopeRow => {
  const stored = findScope(db, scope);
  const featureSet = schema ? featureSetOf(schema) : (stored?.featureSet ?? noFeatures);
  if (!stored) return insertScope(db, scope, { featureSet, learning: learningOf(policy), createdAt: now });
  return followPolicy(db, stored, { featureSet, policy, now });
};

/** A free scope takes new names in; the arms' sums are extended when they are next read. */
export const withNewFeatures = (db: Db, scope: ScopeRow, features: Features): ScopeRow => {
  const featureSet = extendedSet(scope.featureSet, features);
  return featureSet === scope.featureSet ? scope : storeFeatureSet(db, scope, featureSet);
};

const learnedStored = perConnection((db) =>
  db
    .update(scopes)
    .set({
      learnedCount: sql`${sql.placeholder('learnedCount')}`,
      evidence: sql`${sql.placeholder('evidence')}`,
    })
    .where(eq(scopes.id, sql.placeholder('id')))
    .prepare(),
);

/** After an outcome: the clock of forgetting and what each speed has earned. */
export const storeLearned = (
  db: Db,
  scope: ScopeRow,
  learnedCount: number,
  evidence: readonly number[],
): ScopeRow => {
  learnedStored(db).run({ id: scope.id, learnedCount, evidence: JSON.stringify(evidence) });
  return { ...scope, learnedCount, evidence };
};

export const storePin = (db: Db, scope: ScopeRow, pinnedPreset: string | null): void => {
  db.update(scopes).set({ pinnedPreset }).where(eq(scopes.id, scope.id)).run();
};
