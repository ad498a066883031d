import { and, eq, max } from 'drizzle-orm';
import { adaptiveRates, type Rate } from '../bandit/forgetting.ts';
import type { Algorithm, StrategySchema } from '../strategy_schemas/schema.ts';
import { canonicalJson, hashOf } from './canonical.ts';
import type { Db } from './database.ts';
import { policies } from './schema.ts';

/** How a scope chooses and forgets. */
export interface Policy {
  readonly algorithm: Algorithm;
  readonly lambda: number;
  /** lin_ts with one speed of forgetting; of several, each brings its own. */
  readonly v: number;
  readonly alpha: number;
  readonly epsilon: number;
  /** Speeds of forgetting; of several, the one that forecast best of late is asked. */
  readonly rates: readonly Rate[];
  readonly shadow: boolean;
  /** By preset id. */
  readonly warmStart: Readonly<Record<string, { readonly mean_reward: number; readonly weight: number }>>;
  /** Of the strategy's whole schema: any change of it is another policy. `free` where it has none. */
  readonly schemaHash: string;
}

/** A policy as a decision names it: `<algorithm>/<version>`, counted per scope. */
export interface StoredPolicy {
  readonly id: number;
  readonly version: string;
}

const defaultV = 0.25;
const defaultHalfLife = 346;

const ratesOf = (halfLife: number | 'adaptive' | null, v: number): readonly Rate[] =>
  halfLife === 'adaptive' ? adaptiveRates : [{ halfLife: halfLife ?? Number.POSITIVE_INFINITY, v }];

const schemaHashes = new WeakMap<StrategySchema, string>();
export const schemaHash = (schema: StrategySchema): string => {
  const known = schemaHashes.get(schema) ?? hashOf(schema);
  schemaHashes.set(schema, known);
  return known;
};

export const policyOf = (
  schema: StrategySchema | undefined,
  { l2, epsilon }: { l2: number; epsilon: number },
): Policy => ({
  algorithm: schema?.policy.algorithm ?? 'lin_ts',
  lambda: l2,
  epsilon: schema?.policy.epsilon ?? epsilon,
  v: schema?.policy.v ?? defaultV,
  alpha: schema?.policy.alpha ?? 1,
  rates: ratesOf(schema ? schema.policy.half_life_outcomes : defaultHalfLife, schema?.policy.v ?? defaultV),
  shadow: schema?.policy.shadow ?? false,
  warmStart: schema?.warm_start ?? {},
  schemaHash: schema ? schemaHash(schema) : 'free',
});

/** JSON knows no Infinity. */
const storable = (rates: readonly Rate[]) =>
  rates.map(({ halfLife, v }) => ({ halfLife: Number.isFinite(halfLife) ? halfLife : 'never', v }));

const settingsOf = (policy: Policy): string => canonicalJson({ ...policy, rates: storable(policy.rates) });

/** What posteriors depend on: sums that were learned under other settings mean something else. */
export const learningOf = ({ algorithm, rates, warmStart }: Policy): string =>
  canonicalJson({
    rewards: algorithm === 'beta_ts' ? 'success' : 'deviations',
    halfLives: storable(rates).map(({ halfLife }) => halfLife),
    warmStart,
  });

/** `<algorithm>/<version>`. */
export const policyVersionOf = ({ settings, version }: { settings: string; version: number }): string =>
  `${(JSON.parse(settings) as { algorithm: string }).algorithm}/${version}`;

/** `<algorithm>/<version>` of a stored policy. */
export const policyVersion = (db: Db, policyId: number): string => {
  const row = db.select().from(policies).where(eq(policies.id, policyId)).get();
  if (!row) throw new RangeError(`no policy ${policyId}`);
  return policyVersionOf(row);
};

/** The stored policy with these settings; new settings get the next version. Going back to old ones gives the old version again. */
export const ensurePolicy = (db: Db, scopeId: number, policy: Policy, now: number): StoredPolicy => {
  const settings = settingsOf(policy);
  const found = db
    .select()
    .from(policies)
    .where(and(eq(policies.scopeId, scopeId), eq(policies.settings, settings)))
    .get();
  const row = found ?? insertPolicy(db, { scopeId, settings, createdAt: now });
  return { id: row.id, version: policyVersionOf(row) };
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
