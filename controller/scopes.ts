import { and, eq } from 'drizzle-orm';
import type { StrategySchema } from '../strategy_schemas/schema.ts';
import { canonicalJson } from './canonical.ts';
import type { Db } from './database.ts';
import { extendedSet, type FeatureSet, type Features, featureSetOf, noFeatures } from './features.ts';
import type { Scope } from './names.ts';
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
}

const asRow = (row: typeof scopes.$inferSelect): ScopeRow => ({
  ...row,
  featureSet: JSON.parse(row.featureSet) as FeatureSet,
});

/** The scope, or undefined when nothing was ever stored for it. */
export const findScope = (db: Db, { strategy, instrument }: Scope): ScopeRow | undefined => {
  const named = and(eq(scopes.strategy, strategy), eq(scopes.instrument, instrument));
  const row = db.select().from(scopes).where(named).get();
  return row && asRow(row);
};

const insertScope = (db: Db, scope: Scope, featureSet: FeatureSet, createdAt: number): ScopeRow =>
  asRow(
    db
      .insert(scopes)
      .values({ ...scope, featureSet: canonicalJson(featureSet), createdAt })
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

/** Another order or scaler makes the stored sums meaningless, so they are learned again from the outcomes. */
const followSchema = (db: Db, scope: ScopeRow, wanted: FeatureSet, halfLife: number): ScopeRow => {
  if (canonicalJson(scope.featureSet) === canonicalJson(wanted)) return scope;
  const changed = storeFeatureSet(db, scope, wanted);
  rebuildPosteriors(db, changed, halfLife);
  return changed;
};

/** The scope as the schema has it today; made when it is new. */
export const ensureScope = (
  db: Db,
  scope: Scope,
  { schema, halfLife, now }: { schema: StrategySchema | undefined; halfLife: number; now: number },
): ScopeRow => {
  const stored = findScope(db, scope);
  if (!stored) return insertScope(db, scope, schema ? featureSetOf(schema) : noFeatures, now);
  return schema ? followSchema(db, stored, featureSetOf(schema), halfLife) : stored;
};

/** A free scope takes new names in; the arms' sums are extended when they are next read. */
export const withNewFeatures = (db: Db, scope: ScopeRow, features: Features): ScopeRow => {
  const featureSet = extendedSet(scope.featureSet, features);
  return featureSet === scope.featureSet ? scope : storeFeatureSet(db, scope, featureSet);
};

export const storeLearnedCount = (db: Db, scope: ScopeRow, learnedCount: number): void => {
  db.update(scopes).set({ learnedCount }).where(eq(scopes.id, scope.id)).run();
};
