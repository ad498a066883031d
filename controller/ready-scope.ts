import { type ArmRow, activeArms, ensureSafeArms } from './arms.ts';
import type { Db } from './database.ts';
import { ControllerError } from './errors.ts';
import type { Scope } from './names.ts';
import { ensurePolicy, type Policy, policyOf, type StoredPolicy } from './policies.ts';
import { ensureScope, findScope, type ScopeRow } from './scopes.ts';
import type { Settings } from './settings.ts';

/** A scope that can decide and learn: its arms and policy are as schema and settings have them now. */
export interface ReadyScope {
  readonly row: ScopeRow;
  readonly arms: readonly ArmRow[];
  readonly policy: Policy;
  readonly storedPolicy: StoredPolicy;
  readonly now: number;
}

/** Brings the scope up to date in the caller's transaction; a strategy with a schema starts with its safe presets. */
export const readyScope = (db: Db, scope: Scope, settings: Settings): ReadyScope => {
  const now = settings.clock();
  const schema = settings.schemas.get(scope.strategy);
  const policy = policyOf(schema, settings);
  const row = ensureScope(db, scope, { schema, halfLife: policy.halfLife, now });
  if (schema) ensureSafeArms(db, row, schema, { maxPresets: settings.maxPresets, now });
  const storedPolicy = ensurePolicy(db, row.id, policy, schema, now);
  return { row, arms: activeArms(db, row.id), policy, storedPolicy, now };
};

/** Whether anything is known of the scope: without a schema and without presets there is nothing to serve. */
export const isKnown = (db: Db, scope: Scope, { schemas }: Settings): boolean =>
  schemas.has(scope.strategy) || findScope(db, scope) !== undefined;

/** As `readyScope`. Throws NoPresets where there is no arm to choose from. */
export const servingScope = (db: Db, scope: Scope, settings: Settings): ReadyScope => {
  const ready = isKnown(db, scope, settings) ? readyScope(db, scope, settings) : undefined;
  if (ready && ready.arms.length > 0) return ready;
  throw new ControllerError('NoPresets', 'no presets registered');
};
