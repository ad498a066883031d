import { and, eq, max } from 'drizzle-orm';
import type { StrategySchema } from '../strategy_schemas/schema.ts';
import { canonicalJson } from './canonical.ts';
import type { Db } from './database.ts';
import { policies } from './schema.ts';

/** How a scope chooses and forgets. */
export interface Policy {
  readonly algorithm: 'lin_ts';
  readonly lambda: number;
  readonly v: number;
  readonly epsilon: number;
  /** Learned outcomes; Infinity forgets nothing. */
  readonly halfLife: number;
  /** Version of the strategy's schema; null where it has none. */
  readonly schemaVersion: number | null;
}

/** A policy as a decision names it: `lin_ts/<version>`, counted per scope. */
export interface StoredPolicy {
  readonly id: number;
  readonly version: string;
}

const defaultV = 0.25;
const defaultHalfLife = 346;

export const policyOf = (
  schema: StrategySchema | undefined,
  { l2, epsilon }: { l2: number; epsilon: number },
): Policy => ({
  algorithm: 'lin_ts',
  lambda: l2,
  epsilon,
  v: schema?.policy.v ?? defaultV,
  halfLife: schema ? (schema.policy.half_life_outcomes ?? Number.POSITIVE_INFINITY) : defaultHalfLife,
  schemaVersion: schema?.version ?? null,
});

/** JSON knows no Infinity. */
const settingsOf = (policy: Policy, featureSet: unknown): string =>
  canonicalJson({
    ...policy,
    halfLife: Number.isFinite(policy.halfLife) ? policy.halfLife : 'never',
    featureSet,
  });

/** The stored policy with these settings; new settings get the next version. Going back to old ones gives the old version again. */
export const ensurePolicy = (
  db: Db,
  scopeId: number,
  policy: Policy,
  schema: StrategySchema | undefined,
  now: number,
): StoredPolicy => {
  const settings = settingsOf(policy, schema?.features ?? 'free');
  const found = db
    .select()
    .from(policies)
    .where(and(eq(policies.scopeId, scopeId), eq(policies.settings, settings)))
    .get();
  const row = found ?? insertPolicy(db, { scopeId, settings, createdAt: now });
  return { id: row.id, version: `${policy.algorithm}/${row.version}` };
};

const insertPolicy = (db: Db, row: { scopeId: number; settings: string; createdAt: number }) => {
  const last = db
    .select({ version: max(policies.version) })
    .from(policies)
    .where(eq(policies.scopeId, row.scopeId))
    .get();
  return db
    .insert(policies)
    .values({ ...row, version: (last?.version ?? 0) + 1 })
    .returning()
    .get();
};
