import { and, asc, desc, eq, getTableColumns, ne, sql } from 'drizzle-orm';
import { violations } from '../strategy_schemas/bounds.ts';
import type { Params, StrategySchema } from '../strategy_schemas/schema.ts';
import { canonicalJson, hashOf } from './canonical.ts';
import type { Db } from './database.ts';
import { ControllerError } from './errors.ts';
import { recordAct } from './guardrails/audit.ts';
import { targetOfScope } from './guardrails/targets.ts';
import { arms, posteriors } from './schema.ts';
import type { ScopeRow } from './scopes.ts';

export type ArmRow = typeof arms.$inferSelect;

/** In the audit log, where a schema and no person changed what is served. */
export const schemasActor = 'strategy_schemas';

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

/** An arm that had these very parameters and left: it comes back with what it knew. Of several, the one that knows most. */
const findEarlier = (db: Db, scopeId: number, { presetId, params }: NewArm): ArmRow | undefined => {
  const same = and(
    eq(arms.scopeId, scopeId),
    eq(arms.presetId, presetId),
    eq(arms.params, canonicalJson(params)),
    ne(arms.state, 'active'),
  );
  return db
    .select(getTableColumns(arms))
    .from(arms)
    .leftJoin(posteriors, eq(posteriors.armId, arms.id))
    .where(same)
    .orderBy(desc(sql`coalesce(${posteriors.outcomes}, 0)`), desc(arms.id))
    .get();
};

/** What registering did. */
export type Put = 'unchanged' | 'added' | 'replaced' | 'brought back';

const storeArm = (db: Db, scopeId: number, current: ArmRow | undefined, arm: NewArm, now: number): Put => {
  if (current?.params === canonicalJson(arm.params)) return 'unchanged';
  if (current)
    db.update(arms).set({ state: 'replaced', replacedAt: now }).where(eq(arms.id, current.id)).run();
  const earlier = findEarlier(db, scopeId, arm);
  if (!earlier) {
    insertArm(db, scopeId, arm, now);
    return current ? 'replaced' : 'added';
  }
  const back = { state: 'active', replacedAt: null, source: arm.source } as const;
  db.update(arms).set(back).where(eq(arms.id, earlier.id)).run();
  return 'brought back';
};

/** Registers a preset. The same parameters again change nothing; others are another arm, and the old one keeps its rewards. */
export const putArm = (
  db: Db,
  scope: ScopeRow,
  arm: NewArm,
  { maxPresets, now }: { maxPresets: number; now: number },
): Put => {
  const current = findActiveArm(db, scope.id, arm.presetId);
  if (!current) refuseTooMany(db, scope, maxPresets);
  return storeArm(db, scope.id, current, arm, now);
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

/** What a kill or a lock serves is what the schema says, whatever somebody registered under that id before; MAX_PRESETS does not keep it out. */
const instateSafeDefault = (db: Db, scope: ScopeRow, safe: NewArm, now: number): void => {
  const current = findActiveArm(db, scope.id, safe.presetId);
  const put = storeArm(db, scope.id, current, safe, now);
  if (put === 'unchanged' || current?.source !== 'registered') return;
  const reason = 'the safe default has the parameters of the schema';
  const detail = { presetId: safe.presetId, params: hashOf(safe.params) };
  recordAct(
    db,
    { actor: schemasActor, action: 'reinstate', target: targetOfScope(scope), reason, detail },
    now,
  );
};

/** Makes the safe presets arms, and follows the schema where it changed them. But for the safe default, what someone registered under their ids stays, and what someone retired stays away. */
export const ensureSafeArms = (
  db: Db,
  scope: ScopeRow,
  schema: StrategySchema,
  { maxPresets, now }: { maxPresets: number; now: number },
): void => {
  const [[safeDefault, safeParams], ...others] = safePresets(schema, maxPresets) as [
    [string, Params],
    ...[string, Params][],
  ];
  instateSafeDefault(db, scope, { presetId: safeDefault, params: safeParams, source: 'schema' }, now);
  const known = new Map(activeArms(db, scope.id).map((arm) => [arm.presetId, arm]));
  const retired = new Set(retiredPresets(db, scope.id));
  for (const [presetId, params] of others) {
    if (known.get(presetId)?.source === 'registered') continue;
    if (!known.has(presetId) && retired.has(presetId)) continue;
    if (!known.has(presetId) && known.size >= maxPresets) continue;
    putArm(db, scope, { presetId, params, source: 'schema' }, { maxPresets, now });
  }
};

/** Throws Conflict where other parameters are to have the id of the safe default. */
export const refuseAsSafeDefault = (
  schema: StrategySchema | undefined,
  presetId: string,
  params: Params,
): void => {
  if (presetId !== schema?.safe_default) return;
  if (canonicalJson(params) === canonicalJson(schema.presets[presetId])) return;
  throw new ControllerError(
    'Conflict',
    `${presetId} is the safe default of ${schema.strategy}: kills and locks serve the parameters that its schema gives it; register these under another preset id`,
  );
};
