import { inArray } from 'drizzle-orm';
import type { Params } from '../strategy_schemas/schema.ts';
import {
  type ArmRow,
  activeArms,
  checkedParams,
  ensureSafeArms,
  type Put,
  putArm,
  refuseAsSafeDefault,
  safePresets,
} from './arms.ts';
import { hashOf } from './canonical.ts';
import type { Db, Store } from './database.ts';
import { recordAct } from './guardrails/audit.ts';
import { targetOfScope } from './guardrails/targets.ts';
import { normalScope, presetIdOf, type Scope } from './names.ts';
import { policyOf } from './policies.ts';
import { forgetScope } from './ready-scope.ts';
import { posteriors } from './schema.ts';
import { ensureScope, findScope } from './scopes.ts';
import type { Settings } from './settings.ts';

export interface RegisterRequest extends Scope {
  readonly presetId: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Who registers, for the audit log; absent where this program itself does. */
  readonly actor?: string;
}

const reasons: Readonly<Record<Exclude<Put, 'unchanged'>, string>> = {
  added: 'a new preset',
  replaced: 'other parameters than before',
  'brought back': 'parameters that it had before',
};

/** A preset as it was asked to be, and what came of it. */
const recordRegistered = (
  db: Db,
  { actor = 'autotrain', ...scope }: Scope & { actor?: string | undefined },
  { presetId, params, put }: { presetId: string; params: Params; put: Put },
  now: number,
): void => {
  if (put === 'unchanged') return;
  const act = { actor, action: 'register', target: targetOfScope(scope), reason: reasons[put] };
  recordAct(db, { ...act, detail: { presetId, params: hashOf(params) } }, now);
};

/** A preset as people see it; means are in deviations of the strategy's rewards. */
export interface PresetView {
  readonly preset_id: string;
  readonly params: Params;
  readonly source: ArmRow['source'];
  readonly outcomes: number;
  readonly mean_reward: number | null;
  readonly created_at: number | null;
}

/** Registers a preset. Throws OutOfBounds (every field listed), InvalidPreset, InvalidName, TooManyPresets, Conflict (safe default). */
export const createRegister =
  (store: Store, settings: Settings) =>
  (request: RegisterRequest): void => {
    const scope = normalScope(request);
    const presetId = presetIdOf(request.presetId);
    const schema = settings.schemas.get(scope.strategy);
    const params = checkedParams(schema, request.params);
    refuseAsSafeDefault(schema, presetId, params);
    const policy = policyOf(schema, settings);
    store.write((db) => {
      const options = { maxPresets: settings.maxPresets, now: settings.clock() };
      const row = ensureScope(db, scope, { schema, policy, now: options.now });
      if (schema) ensureSafeArms(db, row, schema, options);
      const put = putArm(db, row, { presetId, params, source: 'registered' }, options);
      recordRegistered(db, { ...scope, actor: request.actor }, { presetId, params, put }, options.now);
      forgetScope(db, scope);
    });
  };

const learnedOf = (db: Db, arms: readonly ArmRow[]) => {
  const ids = arms.map(({ id }) => id);
  const { armId, outcomes, rewardSum } = posteriors;
  const rows = db.select({ armId, outcomes, rewardSum }).from(posteriors).where(inArray(armId, ids)).all();
  return new Map(rows.map((row) => [row.armId, row]));
};

const viewOf = (arm: ArmRow, learned: { outcomes: number; rewardSum: number } | undefined): PresetView => ({
  preset_id: arm.presetId,
  params: JSON.parse(arm.params) as Params,
  source: arm.source,
  outcomes: learned?.outcomes ?? 0,
  mean_reward: learned ? learned.rewardSum / learned.outcomes : null,
  created_at: arm.createdAt,
});

/** Presets that a schema would start with, before anyone asked. */
const notYetUsed = ({ strategy }: Scope, { schemas, maxPresets }: Settings): PresetView[] => {
  const schema = schemas.get(strategy);
  if (!schema) return [];
  return safePresets(schema, maxPresets).map(([preset_id, params]) => ({
    preset_id,
    params,
    source: 'schema',
    outcomes: 0,
    mean_reward: null,
    created_at: null,
  }));
};

/** The active presets of a scope with what they earned. Reads only. */
export const createPresets =
  ({ db }: Store, settings: Settings) =>
  (request: Scope): PresetView[] => {
    const scope = normalScope(request);
    const row = findScope(db, scope);
    if (!row) return notYetUsed(scope, settings);
    const arms = activeArms(db, row.id);
    const learned = learnedOf(db, arms);
    return arms.map((arm) => viewOf(arm, learned.get(arm.id)));
  };
