import { asc, desc, eq } from 'drizzle-orm';
import { estimateAt } from '../bandit/arm-model.ts';
import { modelAt } from '../bandit/learner.ts';
import { activeArms } from './arms.ts';
import type { Db, Store } from './database.ts';
import { readServing } from './guardrails/servings.ts';
import { normalScope, type Scope } from './names.ts';
import { policyOf, policyVersionOf } from './policies.ts';
import { readPosteriors } from './posteriors.ts';
import { rateOf } from './rebuild.ts';
import { decisions, policies, scopes } from './schema.ts';
import { findScope, type ScopeRow } from './scopes.ts';
import type { Settings } from './settings.ts';

/** How a preset stands at the average context: posterior mean reward in deviations with its 95 % interval. */
interface PresetStanding {
  readonly preset_id: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly outcomes: number;
  /** Σ of rewards, in deviations. */
  readonly reward: number;
  /** Of the newest decisions. */
  readonly share: number;
}

const z95 = 1.959963984540054;

/** Shares are of so many decisions at most: a count over all of them would grow with history. */
const sharedDecisions = 1_000;

/** Every strategy and instrument that was ever asked for, by name. */
export const createScopes =
  ({ db }: Store) =>
  (): { strategy: string; instrument: string; outcomes: number; pinned_preset: string | null }[] =>
    db
      .select({
        strategy: scopes.strategy,
        instrument: scopes.instrument,
        outcomes: scopes.learnedCount,
        pinned_preset: scopes.pinnedPreset,
      })
      .from(scopes)
      .orderBy(asc(scopes.strategy), asc(scopes.instrument))
      .all();

const sharesOf = (db: Db, scopeId: number): { of: number; byArm: ReadonlyMap<number, number> } => {
  const served = db
    .select({ armId: decisions.armId })
    .from(decisions)
    .where(eq(decisions.scopeId, scopeId))
    .orderBy(desc(decisions.seq))
    .limit(sharedDecisions)
    .all();
  const byArm = new Map<number, number>();
  for (const { armId } of served) byArm.set(armId, (byArm.get(armId) ?? 0) + 1 / served.length);
  return { of: served.length, byArm };
};

const presetsOf = (db: Db, row: ScopeRow, settings: Settings, byArm: ReadonlyMap<number, number>) => {
  const policy = policyOf(settings.schemas.get(row.strategy), settings);
  const arms = activeArms(db, row.id);
  // Features are scaled: the average context is [1, 0, …, 0].
  const x = new Float64Array(row.featureSet.names.length + 1);
  x[0] = 1;
  const options = {
    rate: rateOf(row, policy),
    rates: policy.rates,
    lambda: policy.lambda,
    learnedCount: row.learnedCount,
  };
  return readPosteriors(db, arms, x.length, policy).map(
    ({ memory, outcomes, rewardSum }, at): PresetStanding => {
      const { mean, deviation } = estimateAt(modelAt(memory, options), x);
      const arm = arms[at]!;
      return {
        preset_id: arm.presetId,
        mean,
        low: mean - z95 * deviation,
        high: mean + z95 * deviation,
        outcomes,
        reward: rewardSum,
        share: byArm.get(arm.id) ?? 0,
      };
    },
  );
};

const policyInUse = (db: Db, scopeId: number): string | null => {
  const row = db
    .select()
    .from(policies)
    .where(eq(policies.scopeId, scopeId))
    .orderBy(desc(policies.id))
    .limit(1)
    .get();
  return row ? policyVersionOf(row) : null;
};

/** Where the presets of a scope stand; null where nothing is stored of it. Reads only. */
export const createOverview =
  ({ db }: Store, settings: Settings) =>
  (request: Scope) => {
    const row = findScope(db, normalScope(request));
    if (!row) return null;
    const { of, byArm } = sharesOf(db, row.id);
    const serving = readServing(db, row.id);
    const held = serving && activeArms(db, row.id).find(({ id }) => id === serving.armId);
    return {
      strategy: row.strategy,
      instrument: row.instrument,
      policy_version: policyInUse(db, row.id),
      pinned_preset: row.pinnedPreset,
      served:
        held && serving
          ? { preset_id: held.presetId, since: serving.since, changes_today: serving.changes }
          : null,
      decisions_shared: of,
      presets: presetsOf(db, row, settings, byArm),
    };
  };
