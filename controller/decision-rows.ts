import { randomBytes } from 'node:crypto';
import { and, desc, eq, ne, type Param, type Placeholder, sql } from 'drizzle-orm';
import type { Params } from '../strategy_schemas/schema.ts';
import type { ArmRow } from './arms.ts';
import type { Db } from './database.ts';
import type { TradingState } from './guardrails/standing.ts';
import { isTooLate } from './outcome-time.ts';
import { clientOf, perConnection, placeholdersOf } from './per-connection.ts';
import { policyVersion } from './policies.ts';
import type { HotScope } from './ready-scope.ts';
import { arms, decisions } from './schema.ts';

export type DecisionRow = typeof decisions.$inferSelect;
export type NewDecision = Omit<DecisionRow, 'seq'>;

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
  /** Chance with which this preset was served. */
  readonly propensity: number;
  readonly applies_to: 'new_positions';
  /** Other than ACTIVE: open no position. */
  readonly trading_state: TradingState;
  /** The preset that was drawn; another one than `preset_id` where a guardrail held. */
  readonly proposed_preset_id: string;
  /** sampled, only_preset, position; of a guardrail: hysteresis, min_dwell, daily_cap, strategy_daily_cap, kill, lock:…, pin, shadow. */
  readonly reason: string;
}

const idBytes = 8;
let pool = Buffer.alloc(0);

/** Randomness is fetched for many ids at once: a call to the system costs more than the rest of an id. */
const randomHex = (): string => {
  if (pool.length < idBytes) pool = randomBytes(512 * idBytes);
  const hex = pool.toString('hex', 0, idBytes);
  pool = pool.subarray(idBytes);
  return hex;
};

/** Twelve hex digits of the time, then randomness: ids sort by age, and hold neither `:` nor `/`. */
export const newDecisionId = (now: number): string => now.toString(16).padStart(12, '0') + randomHex();

/** The insert that drizzle writes, run by the driver itself: filling placeholders would cost half as much as the insert. */
const inserted = perConnection((db) => {
  const { sql: text, params } = db
    .insert(decisions)
    .values(placeholdersOf(decisions, 'seq') as unknown as typeof decisions.$inferInsert)
    .toSQL();
  const columns = (params as Param<Placeholder>[]).map(({ value }) => value.name as keyof NewDecision);
  const statement = clientOf(db).prepare(text);
  return (row: NewDecision) => statement.run(columns.map((column) => row[column])).lastInsertRowid;
});

export const insertDecision = (db: Db, row: NewDecision): DecisionRow => ({
  ...row,
  seq: Number(inserted(db)(row)),
});

/** The decision of an idempotency key. */
export const findRequest = (db: Db, requestKey: string): DecisionRow | undefined =>
  db.select().from(decisions).where(eq(decisions.requestKey, requestKey)).get();

const byId = perConnection((db) =>
  db
    .select()
    .from(decisions)
    .where(eq(decisions.decisionId, sql.placeholder('decisionId')))
    .prepare(),
);

/** A decision of this scope by its id. */
export const findDecision = (db: Db, scopeId: number, decisionId: string): DecisionRow | undefined => {
  const row = findDecisionById(db, decisionId);
  return row?.scopeId === scopeId ? row : undefined;
};

/** A decision of any scope. */
export const findDecisionById = (db: Db, decisionId: string): DecisionRow | undefined =>
  byId(db).get({ decisionId });

const bySeq = perConnection((db) =>
  db
    .select()
    .from(decisions)
    .where(eq(decisions.seq, sql.placeholder('seq')))
    .prepare(),
);

export const decisionBySeq = (db: Db, seq: number): DecisionRow | undefined => bySeq(db).get({ seq });

/** Of so many newest decisions of an arm, one with the same features is looked for: history costs nothing. */
const mostLookedAt = 64;

/** The decision that an outcome without id most likely belongs to: the newest of the arm that is not void, one with the same features before others. */
export const findDecisionToMatch = (
  db: Db,
  { armId, askedHash, since }: { armId: number; askedHash: string | undefined; since: number },
): DecisionRow | undefined => {
  const newest = db
    .select()
    .from(decisions)
    .where(and(eq(decisions.armId, armId), ne(decisions.state, 'voided')))
    .orderBy(desc(decisions.seq))
    .limit(mostLookedAt)
    .all()
    .filter((decision) => !isTooLate(db, decision, since));
  return newest.find((decision) => decision.askedHash === askedHash) ?? newest[0];
};

const stateSet = perConnection((db) =>
  db
    .update(decisions)
    .set({ state: sql`${sql.placeholder('state')}` })
    .where(eq(decisions.seq, sql.placeholder('seq')))
    .prepare(),
);

export const setState = (db: Db, seq: number, state: DecisionRow['state']): void =>
  void stateSet(db).run({ seq, state });

const knownParams = new WeakMap<ArmRow, Params>();
const paramsOf = (arm: ArmRow): Params => {
  const params = knownParams.get(arm) ?? (JSON.parse(arm.params) as Params);
  knownParams.set(arm, params);
  return params;
};

const armById = perConnection((db) =>
  db
    .select()
    .from(arms)
    .where(eq(arms.id, sql.placeholder('armId')))
    .prepare(),
);

/** An arm in any state. */
export const storedArm = (db: Db, armId: number): ArmRow => armById(db).get({ armId }) as ArmRow;

/** The answer that a stored decision stands for; asked again, it is the same one but for where trading stands. */
export const answerOf = (
  db: Db,
  hot: HotScope,
  row: DecisionRow,
  tradingState: TradingState,
): ParamAnswer => {
  const armOf = (armId: number) => hot.arms.find(({ id }) => id === armId) ?? storedArm(db, armId);
  const arm = armOf(row.armId);
  const { storedPolicy } = hot;
  return {
    config_id: [hot.row.strategy, hot.row.instrument, row.decisionId, arm.presetId].join(':'),
    params: paramsOf(arm),
    policy_version: storedPolicy.id === row.policyId ? storedPolicy.version : policyVersion(db, row.policyId),
    preset_id: arm.presetId,
    decision_id: row.decisionId,
    features_used: Object.keys(JSON.parse(row.features) as object),
    features_missing: JSON.parse(row.featuresMissing) as string[],
    features_ignored: JSON.parse(row.featuresIgnored) as string[],
    propensity: row.propensity,
    applies_to: 'new_positions',
    trading_state: tradingState,
    proposed_preset_id: row.proposedArmId === null ? arm.presetId : armOf(row.proposedArmId).presetId,
    reason: row.reason,
  };
};
