import { and, count, desc, eq, lt, type SQL } from 'drizzle-orm';
import type { Store } from './database.ts';
import { ControllerError } from './errors.ts';
import { normalScope } from './names.ts';
import { arms, decisions, outcomes, policies, scopes } from './schema.ts';

/** A page, newest first. cursor: `seq` of the last row of the page before. */
export interface RecordsPage {
  readonly limit: number;
  readonly cursor?: string;
  readonly strategy?: string;
  readonly instrument?: string;
}

const maxLimit = 500;

const cursorSeq = (cursor: string): number => {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new ControllerError('InvalidData', `cursor ${JSON.stringify(cursor)} is not one that a page gave`);
};

const checkedLimit = (limit: number): number => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit;
  throw new ControllerError(
    'InvalidData',
    `limit must be a whole number from 1 to ${maxLimit}, not ${limit}`,
  );
};

/** Either name alone is checked as a scope would be. */
const ofScope = ({ strategy, instrument }: RecordsPage): (SQL | undefined)[] => {
  const known = normalScope({ strategy: strategy ?? 'any', instrument: instrument ?? 'ANY' });
  return [
    strategy === undefined ? undefined : eq(scopes.strategy, known.strategy),
    instrument === undefined ? undefined : eq(scopes.instrument, known.instrument),
  ];
};

const decisionColumns = {
  seq: decisions.seq,
  decision_id: decisions.decisionId,
  strategy: scopes.strategy,
  instrument: scopes.instrument,
  preset_id: arms.presetId,
  params: arms.params,
  policy_version: policies.version,
  state: decisions.state,
  reason: decisions.reason,
  features: decisions.features,
  features_missing: decisions.featuresMissing,
  features_ignored: decisions.featuresIgnored,
  propensities: decisions.propensities,
  propensity: decisions.propensity,
  seed: decisions.seed,
  learned_count: decisions.learnedCount,
  model_version: decisions.modelVersion,
  position_id: decisions.positionId,
  created_at: decisions.createdAt,
};

/** Stored decisions with all that their draw depended on. */
export const createDecisions =
  ({ db }: Store, { outcomeTtlMs, clock }: { outcomeTtlMs: number; clock: () => number }) =>
  (page: RecordsPage) => {
    const before = page.cursor === undefined ? undefined : lt(decisions.seq, cursorSeq(page.cursor));
    const rows = db
      .select(decisionColumns)
      .from(decisions)
      .innerJoin(scopes, eq(scopes.id, decisions.scopeId))
      .innerJoin(arms, eq(arms.id, decisions.armId))
      .innerJoin(policies, eq(policies.id, decisions.policyId))
      .where(and(before, ...ofScope(page)))
      .orderBy(desc(decisions.seq))
      .limit(checkedLimit(page.limit))
      .all();
    const expiry = clock() - outcomeTtlMs;
    return rows.map((row) => ({
      ...row,
      params: JSON.parse(row.params) as Record<string, unknown>,
      policy_version: `lin_ts/${row.policy_version}`,
      state: row.state === 'served' && row.created_at <= expiry ? ('expired' as const) : row.state,
      features: JSON.parse(row.features) as Record<string, number>,
      features_missing: JSON.parse(row.features_missing) as string[],
      features_ignored: JSON.parse(row.features_ignored) as string[],
      propensities: JSON.parse(row.propensities) as Record<string, number>,
    }));
  };

const outcomeColumns = {
  seq: outcomes.seq,
  key: outcomes.idempotencyKey,
  strategy: scopes.strategy,
  instrument: scopes.instrument,
  preset_id: arms.presetId,
  decision_id: decisions.decisionId,
  attribution: outcomes.attribution,
  raw_reward: outcomes.rawReward,
  reward_scale: outcomes.rewardScale,
  reward: outcomes.reward,
  features: outcomes.features,
  learned_seq: outcomes.learnedSeq,
  created_at: outcomes.createdAt,
};

/** Stored outcomes; outcome_id is null where the client gave none. */
export const createOutcomes =
  ({ db }: Store) =>
  (page: RecordsPage) => {
    const before = page.cursor === undefined ? undefined : lt(outcomes.seq, cursorSeq(page.cursor));
    const rows = db
      .select(outcomeColumns)
      .from(outcomes)
      .innerJoin(scopes, eq(scopes.id, outcomes.scopeId))
      .innerJoin(arms, eq(arms.id, outcomes.armId))
      .leftJoin(decisions, eq(decisions.seq, outcomes.decisionSeq))
      .where(and(before, ...ofScope(page)))
      .orderBy(desc(outcomes.seq))
      .limit(checkedLimit(page.limit))
      .all();
    return rows.map(({ key, ...row }) => ({
      ...row,
      outcome_id: key?.startsWith('outcome:') ? key.slice('outcome:'.length) : null,
      features: JSON.parse(row.features) as Record<string, number>,
      learned: row.learned_seq !== null,
    }));
  };

/** How much is stored. Anonymous outcomes are those that no decision could be found for. */
export const createSummary =
  ({ db }: Store) =>
  () => {
    const of = (table: typeof scopes | typeof decisions | typeof outcomes) =>
      db.select({ n: count() }).from(table).get()?.n ?? 0;
    const active = db.select({ n: count() }).from(arms).where(eq(arms.state, 'active')).get()?.n ?? 0;
    const anonymous =
      db.select({ n: count() }).from(outcomes).where(eq(outcomes.attribution, 'anonymous')).get()?.n ?? 0;
    return {
      scopes: of(scopes),
      presets: active,
      decisions: of(decisions),
      outcomes: of(outcomes),
      anonymous,
    };
  };
