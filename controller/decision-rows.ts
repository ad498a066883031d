import { randomBytes } from 'node:crypto';
import { and, desc, eq, type SQL } from 'drizzle-orm';
import type { Params } from '../strategy_schemas/schema.ts';
import type { Db } from './database.ts';
import type { Scope } from './names.ts';
import { arms, decisions, policies } from './schema.ts';

export type DecisionRow = typeof decisions.$inferSelect;
export type NewDecision = typeof decisions.$inferInsert;

/** What the engine gets. Names as on the wire. */
export interface ParamAnswer {
  /** `<strategy>:<instrument>:<decision>:<preset_id>`; the engine reads the preset after the last colon. */
  readonly config_id: string;
  readonly params: Params;
  readonly policy_version: string;
  readonly preset_id: string;
  readonly decision_id: string;
  readonly features_used: readonly string[];
  readonly features_missing: readonly string[];
  readonly features_ignored: readonly string[];
  /** Chance with which this preset was drawn. */
  readonly propensity: number;
  readonly applies_to: 'new_positions';
  readonly trading_state: 'ACTIVE';
  readonly reason: string;
}

/** Twelve hex digits of the time, then randomness: ids sort by age, and hold neither `:` nor `/`. */
export const newDecisionId = (now: number): string =>
  now.toString(16).padStart(12, '0') + randomBytes(8).toString('hex');

export const insertDecision = (db: Db, row: NewDecision): DecisionRow =>
  db.insert(decisions).values(row).returning().get();

/** The newest decision on the same question that is still open: younger than the TTL, without a reward, its arm still active. */
export const findOpenDecision = (
  db: Db,
  question: { scopeId: number; askedHash: string; policyId: number; since: number },
): DecisionRow | undefined => {
  const { scopeId, askedHash, policyId, since } = question;
  const sameQuestion = and(eq(decisions.scopeId, scopeId), eq(decisions.askedHash, askedHash));
  const row = db.select().from(decisions).where(sameQuestion).orderBy(desc(decisions.seq)).limit(1).get();
  if (!row || row.state !== 'served' || row.policyId !== policyId || row.createdAt <= since) return undefined;
  return armState(db, row.armId) === 'active' ? row : undefined;
};

const armState = (db: Db, armId: number) =>
  db.select({ state: arms.state }).from(arms).where(eq(arms.id, armId)).get()?.state;

/** A decision of this scope by its id. */
export const findDecision = (db: Db, scopeId: number, decisionId: string): DecisionRow | undefined =>
  db
    .select()
    .from(decisions)
    .where(and(eq(decisions.decisionId, decisionId), eq(decisions.scopeId, scopeId)))
    .get();

export const decisionBySeq = (db: Db, seq: number): DecisionRow | undefined =>
  db.select().from(decisions).where(eq(decisions.seq, seq)).get();

/** Each look is one step in an index: the newest row decides, and age is checked afterwards, so history costs nothing. */
const newestWhere = (db: Db, where: SQL | undefined, since: number): DecisionRow | undefined => {
  const row = db.select().from(decisions).where(where).orderBy(desc(decisions.seq)).limit(1).get();
  return row && row.createdAt > since ? row : undefined;
};

/** The decision that an outcome without id most likely belongs to: the newest of the arm, one with the same features before others. */
export const findDecisionToMatch = (
  db: Db,
  { armId, askedHash, since }: { armId: number; askedHash: string | undefined; since: number },
): DecisionRow | undefined => {
  const ofArm = eq(decisions.armId, armId);
  const sameFeatures = askedHash === undefined ? undefined : and(ofArm, eq(decisions.askedHash, askedHash));
  return (sameFeatures && newestWhere(db, sameFeatures, since)) ?? newestWhere(db, ofArm, since);
};

export const markRewarded = (db: Db, seq: number): void => {
  db.update(decisions).set({ state: 'rewarded' }).where(eq(decisions.seq, seq)).run();
};

/** The answer that a stored decision stands for; asked again, it is the same one. */
export const answerOf = (db: Db, scope: Scope, row: DecisionRow): ParamAnswer => {
  const arm = db.select().from(arms).where(eq(arms.id, row.armId)).get() as typeof arms.$inferSelect;
  const policy = db
    .select()
    .from(policies)
    .where(eq(policies.id, row.policyId))
    .get() as typeof policies.$inferSelect;
  return {
    config_id: [scope.strategy, scope.instrument, row.decisionId, arm.presetId].join(':'),
    params: JSON.parse(arm.params) as Params,
    policy_version: `lin_ts/${policy.version}`,
    preset_id: arm.presetId,
    decision_id: row.decisionId,
    features_used: Object.keys(JSON.parse(row.features) as object),
    features_missing: JSON.parse(row.featuresMissing) as string[],
    features_ignored: JSON.parse(row.featuresIgnored) as string[],
    propensity: row.propensity,
    applies_to: 'new_positions',
    trading_state: 'ACTIVE',
    reason: row.reason,
  };
};
