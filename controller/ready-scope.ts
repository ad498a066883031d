import type { Counts } from '../bandit/beta-ts.ts';
import { createModelCache, type ModelCache } from '../bandit/learner.ts';
import { violations } from '../strategy_schemas/bounds.ts';
import type { Params, StrategySchema } from '../strategy_schemas/schema.ts';
import { type ArmRow, activeArms, ensureSafeArms } from './arms.ts';
import type { Db } from './database.ts';
import { ControllerError } from './errors.ts';
import type { Serving } from './guardrails/hysteresis.ts';
import { readServing } from './guardrails/servings.ts';
import type { Scope } from './names.ts';
import { memoryOf } from './per-connection.ts';
import { ensurePolicy, type Policy, policyOf, type StoredPolicy } from './policies.ts';
import type { Posterior } from './posteriors.ts';
import { ensureScope, findScope, type ScopeRow } from './scopes.ts';
import type { Settings } from './settings.ts';

/** A scope that can decide and learn: its arms and policy are as schema and settings have them now. Remembered between writes. */
export interface HotScope {
  row: ScopeRow;
  /** Active and within the schema's bounds, by preset id: what may be served. */
  readonly arms: readonly ArmRow[];
  readonly schema: StrategySchema | undefined;
  readonly policy: Policy;
  readonly storedPolicy: StoredPolicy;
  readonly schemas: Settings['schemas'];
  /** By arm id; an arm that is not here has not been read yet. */
  readonly posteriors: Map<number, Posterior>;
  readonly models: ModelCache;
  /** Wins and trials of the arms after so many learned outcomes. */
  counts?: { readonly learnedCount: number; readonly ofArms: readonly Counts[] };
  serving: Serving | undefined;
}

/** A hot scope at the time of one request. */
export interface ReadyScope {
  readonly hot: HotScope;
  readonly now: number;
}

const nameOf = ({ strategy, instrument }: Scope): string => `${strategy}:${instrument}`;

/** To be called by whatever changes a scope, its arms or its policy on another way than through its hot scope. */
export const forgetScope = (db: Db, scope: Scope): void => void memoryOf(db).delete(nameOf(scope));

/** Bounds may have become narrower since a preset was registered: one that is outside now is not served. */
export const withinBounds = (arm: ArmRow, schema: StrategySchema | undefined): boolean =>
  schema === undefined || violations(schema, JSON.parse(arm.params) as Params).length === 0;

/** Brings the scope up to date; a strategy with a schema starts with its safe presets. */
const readScope = (db: Db, scope: Scope, settings: Settings, now: number): HotScope => {
  const schema = settings.schemas.get(scope.strategy);
  const policy = policyOf(schema, settings);
  const row = ensureScope(db, scope, { schema, policy, now });
  if (schema) ensureSafeArms(db, row, schema, { maxPresets: settings.maxPresets, now });
  return {
    row,
    arms: activeArms(db, row.id).filter((arm) => withinBounds(arm, schema)),
    schema,
    policy,
    storedPolicy: ensurePolicy(db, row.id, policy, now),
    schemas: settings.schemas,
    posteriors: new Map(),
    models: createModelCache(),
    serving: readServing(db, row.id),
  };
};

/** The scope in the caller's transaction, read once and remembered. */
export const readyScope = (db: Db, scope: Scope, settings: Settings): ReadyScope => {
  const now = settings.clock();
  const memory = memoryOf(db);
  const known = memory.get(nameOf(scope)) as HotScope | undefined;
  if (known?.schemas === settings.schemas) return { hot: known, now };
  const hot = readScope(db, scope, settings, now);
  memory.set(nameOf(scope), hot);
  return { hot, now };
};

/** Whether anything is known of the scope: without a schema and without presets there is nothing to serve. */
export const isKnown = (db: Db, scope: Scope, { schemas }: Settings): boolean =>
  schemas.has(scope.strategy) || memoryOf(db).has(nameOf(scope)) || findScope(db, scope) !== undefined;

/** As `readyScope`. Throws NoPresets where there is no arm to choose from. */
export const servingScope = (db: Db, scope: Scope, settings: Settings): ReadyScope => {
  const ready = isKnown(db, scope, settings) ? readyScope(db, scope, settings) : undefined;
  if (ready && ready.hot.arms.length > 0) return ready;
  throw new ControllerError('NoPresets', 'no presets registered');
};
