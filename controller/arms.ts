import { and, asc, eq } from 'drizzle-orm';
import { violations } from '../strategy_schemas/bounds.ts';
import type { Params, StrategySchema } from '../strategy_schemas/schema.ts';
import { canonicalJson } from './canonical.ts';
import type { Db } from './database.ts';
import { ControllerError } from './errors.ts';
import { arms } from './schema.ts';
import type { ScopeRow } from './scopes.ts';

export type ArmRow = typeof arms.$inferSelect;

const maxParamsCharacters = 16_384;

const isPlainJson = (value: unknown): boolean => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isPlainJson);
  return typeof value === 'object' && Object.values(value).every(isPlainJson);
};

const isObject = (value: unknown): value is Params =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The parameters when the schema (where there is one) allows them. Throws InvalidPreset, or OutOfBounds with every field. */
export const checkedParams = (schema: StrategySchema | undefined, params: unknown): Params => {
  if (!isObject(params) || !isPlainJson(params)) {
    throw new ControllerError(
      'InvalidPreset',
      'params must be a JSON object of finite numbers, texts, booleans and lists',
    );
  }
  if (canonicalJson(params).length > maxParamsCharacters) {
    throw new ControllerError(
      'InvalidPreset',
      `params take more than ${maxParamsCharacters} characters of JSON`,
    );
  }
  const wrong = schema ? violations(schema, params) : [];
  if (wrong.length === 0) return params;
  throw new ControllerError('OutOfBounds', wrong.map(({ message }) => message).join('; '), wrong);
};

/** The arms that a decision chooses from, by preset id: ties go to the lowest. */
export const activeArms = (db: Db, scopeId: number): ArmRow[] => {
  const active = and(eq(arms.scopeId, scopeId), eq(arms.state, 'active'));
  return db.select().from(arms).where(active).orderBy(asc(arms.presetId)).all();
};

export const findActiveArm = (db: Db, scopeId: number, presetId: string): ArmRow | undefined => {
  const active = and(eq(arms.scopeId, scopeId), eq(arms.presetId, presetId), eq(arms.state, 'active'));
  return db.select().from(arms).where(active).get();
};

interface NewArm {
  readonly presetId: string;
  readonly params: Params;
  readonly source: ArmRow['source'];
}

const insertArm = (db: Db, scopeId: number, arm: NewArm, now: number): void => {
  const row = {
    ...arm,
    params: canonicalJson(arm.params),
    scopeId,
    state: 'active' as const,
    createdAt: now,
  };
  db.insert(arms).values(row).run();
};

const refuseTooMany = (db: Db, { strategy, instrument, id }: ScopeRow, maxPresets: number): void => {
  if (activeArms(db, id).length < maxPresets) return;
  throw new ControllerError(
    'TooManyPresets',
    `${strategy} on ${instrument} has ${maxPresets} presets, the most that MAX_PRESETS allows`,
  );
};

/** An arm with these very parameters that was retired: it comes back with what it knew. */
const findRetired = (db: Db, scopeId: number, { presetId, params }: NewArm): ArmRow | undefined => {
  const same = and(
    eq(arms.scopeId, scopeId),
    eq(arms.presetId, presetId),
    eq(arms.params, canonicalJson(params)),
  );
  return db
    .select()
    .from(arms)
    .where(and(same, eq(arms.state, 'retired')))
    .get();
};

/** Registers a preset. The same parameters again change nothing; others make a new arm, and the old one keeps its rewards. */
export const putArm = (
  db: Db,
  scope: ScopeRow,
  arm: NewArm,
  { maxPresets, now }: { maxPresets: number; now: number },
): void => {
  const current = findActiveArm(db, scope.id, arm.presetId);
  if (current?.params === canonicalJson(arm.params)) return;
  if (current)
    db.update(arms).set({ state: 'replaced', replacedAt: now }).where(eq(arms.id, current.id)).run();
  else refuseTooMany(db, scope, maxPresets);
  const retired = findRetired(db, scope.id, arm);
  if (retired)
    db.update(arms).set({ state: 'active', replacedAt: null }).where(eq(arms.id, retired.id)).run();
  else insertArm(db, scope.id, arm, now);
};

/** The schema's safe presets, the default first, as many as fit. */
export const safePresets = (
  { presets, safe_default }: StrategySchema,
  maxPresets: number,
): [string, Params][] => {
  const others = Object.entries(presets).filter(([presetId]) => presetId !== safe_default);
  return [[safe_default, presets[safe_default] as Params] as [string, Params], ...others].slice(
    0,
    maxPresets,
  );
};

const retiredPresets = (db: Db, scopeId: number): string[] =>
  db
    .select({ presetId: arms.presetId })
    .from(arms)
    .where(and(eq(arms.scopeId, scopeId), eq(arms.state, 'retired')))
    .all()
    .map(({ presetId }) => presetId);

/** Makes the safe presets arms, and follows the schema where it changed them; what someone registered under their ids stays, what someone retired stays away. */
export const ensureSafeArms = (
  db: Db,
  scope: ScopeRow,
  schema: StrategySchema,
  { maxPresets, now }: { maxPresets: number; now: number },
): void => {
  const known = new Map(activeArms(db, scope.id).map((arm) => [arm.presetId, arm]));
  const retired = new Set(retiredPresets(db, scope.id));
  for (const [presetId, params] of safePresets(schema, maxPresets)) {
    if (known.get(presetId)?.source === 'registered') continue;
    if (!known.has(presetId) && retired.has(presetId)) continue;
    if (!known.has(presetId) && known.size >= maxPresets) continue;
    putArm(db, scope, { presetId, params, source: 'schema' }, { maxPresets, now });
  }
};
