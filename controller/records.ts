import { and, count, desc, eq, lt, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import type { Store } from './database.ts';
import { ControllerError } from './errors.ts';
import { normalScope, opaqueIdOf } from './names.ts';
import { heldUntil } from './outcome-time.ts';
import { checkedLimit, cursorSeq } from './pages.ts';
import { policyVersionOf } from './policies.ts';
import { arms, decisions, outcomes, policies, scopes } from './schema.ts';
import type { Settings } from './settings.ts';

/** A page, newest first. cursor: `seq` of the last row of the page before. */
export interface RecordsPage {
  readonly limit: number;
  readonly cursor?: string;
  readonly strategy?: string;
  readonly instrument?: string;
}

/** Either name alone is checked as a scope would be. */
const ofScope = ({ strategy, instrument }: RecordsPage): (SQL | undefined)[] => {
  const known = normalScope({ strategy: strategy ?? 'any', instrument: instrument ?? 'ANY' });
  return [
    strategy === undefined ? undefined : eq(scopes.strategy, known.strategy),
    instrument === undefined ? undefined : eq(scopes.instrument, known.instrument),
  ];
};

const proposed = alias(arms, 'proposed');

const decisionColumns = {
  seq: decisions.seq,
  decision_id: decisions.decisionId,
  strategy: scopes.strategy,
  instrument: scopes.instrument,
  preset_id: arms.presetId,
  params: arms.params,
  proposed_preset_id: proposed.presetId,
  policy: { version: policies.version, settings: policies.settings },
  state: decisions.state,
  reason: decisions.reason,
  forced_by: decisions.forcedBy,
  trading_state: decisions.tradingState,
  epsilon: decisions.epsilon,
  odds: decisions.odds,
  features: decisions.features,
  features_missing: decisions.featuresMissing,
  features_ignored: decisions.featuresIgnored,
  propensities: decisions.propensities,
  propensity: decisions.propensity,
  seed: decisions.seed,
  learned_count: decisions.learnedCount,
  model_version: decisions.modelVersion,
  position_id: decisions.positionId,
  repeats: decisions.repeats,
  created_at: decisions.createdAt,
  /** Quote currency; what was taken back is not in it. Null where nothing was reported. */
  reward_sum: sql<
    number | null
  >`(select sum(iif(o.reward_unit = 'quote', o.raw_reward, null)) from ${outcomes} o where o.decision_seq = ${decisions.seq})`,
  /** Partial closes; what takes one back is none. */
  outcome_count: sql<number>`(select count(*) from ${outcomes} o where o.decision_seq = ${decisions.seq} and o.attribution <> 'reversal')`,
  held_until: heldUntil,
};

const decisionRows = ({ db }: Store, where: SQL | undefined, limit: number) =>
  db
    .select(decisionColumns)
    .from(decisions)
    .innerJoin(scopes, eq(scopes.id, decisions.scopeId))
    .innerJoin(arms, eq(arms.id, decisions.armId))
    .leftJoin(proposed, eq(proposed.id, decisions.proposedArmId))
    .innerJoin(policies, eq(policies.id, decisions.policyId))
    .where(where)
    .orderBy(desc(decisions.seq))
    .limit(limit)
    .all();

const decisionRecord = (
  { policy, held_until, ...row }: ReturnType<typeof decisionRows>[number],
  expiry: number,
) => ({
  ...row,
  params: JSON.parse(row.params) as Record<string, unknown>,
  proposed_preset_id: row.proposed_preset_id ?? row.preset_id,
  policy_version: policyVersionOf(policy),
  state:
    row.state === 'served' && Math.max(row.created_at, held_until ?? 0) <= expiry
      ? ('expired' as const)
      : row.state,
  features: JSON.parse(row.features) as Record<string, number>,
  features_missing: JSON.parse(row.features_missing) as string[],
  features_ignored: JSON.parse(row.features_ignored) as string[],
  propensities: JSON.parse(row.propensities) as Record<string, number>,
  /** What the preset was drawn from; as `propensities` where no guardrail changed anything. */
  odds: JSON.parse(row.odds ?? row.propensities) as Record<string, number>,
});

/** Stored decisions with all that their draw depended on. */
export const createDecisions =
  (store: Store, { outcomeTtlMs, clock }: Settings) =>
  (page: RecordsPage) => {
    const before = page.cursor === undefined ? undefined : lt(decisions.seq, cursorSeq(page.cursor));
    const rows = decisionRows(store, and(before, ...ofScope(page)), checkedLimit(page.limit));
    return rows.map((row) => decisionRecord(row, clock() - outcomeTtlMs));
  };

/** One decision with the outcomes that it earned, newest first, and the settings of its policy. Throws UnknownDecision. */
export const createDecision =
  (store: Store, { outcomeTtlMs, clock }: Settings) =>
  (decisionId: string) => {
    const [row] = decisionRows(store, eq(decisions.decisionId, opaqueIdOf('decision id', decisionId)), 1);
    if (!row) throw new ControllerError('UnknownDecision', `no decision ${decisionId}`);
    return {
      ...decisionRecord(row, clock() - outcomeTtlMs),
      policy: JSON.parse(row.policy.settings) as Record<string, unknown>,
      outcomes: outcomeRows(store, eq(outcomes.decisionSeq, row.seq), 500),
    };
  };

const outcomeColumns = {
  seq: outcomes.seq,
  key: outcomes.idempotencyKey,
  strategy: scopes.strategy,
  instrument: scopes.instrument,
  preset_id: arms.presetId,
  decision_id: decisions.decisionId,
  attribution: outcomes.attribution,
  reverses: outcomes.reverses,
  raw_reward: outcomes.rawReward,
  reward_unit: outcomes.rewardUnit,
  reward_scale: outcomes.rewardScale,
  reward: outcomes.reward,
  features: outcomes.features,
  learned_seq: outcomes.learnedSeq,
  created_at: outcomes.createdAt,
};

const outcomeRows = ({ db }: Store, where: SQL | undefined, limit: number) =>
  db
    .select(outcomeColumns)
    .from(outcomes)
    .innerJoin(scopes, eq(scopes.id, outcomes.scopeId))
    .innerJoin(arms, eq(arms.id, outcomes.armId))
    .leftJoin(decisions, eq(decisions.seq, outcomes.decisionSeq))
    .where(where)
    .orderBy(desc(outcomes.seq))
    .limit(limit)
    .all()
    .map(({ key, ...row }) => ({
      ...row,
      outcome_id: key?.startsWith('outcome:') ? key.slice('outcome:'.length) : null,
      features: JSON.parse(row.features) as Record<string, number>,
      learned: row.learned_seq !== null,
    }));

/** Stored outcomes; outcome_id is null where the client gave none. `reverses` is the seq of the outcome that a row takes back. */
export const createOutcomes = (store: Store) => (page: RecordsPage) => {
  const before = page.cursor === undefined ? undefined : lt(outcomes.seq, cursorSeq(page.cursor));
  return outcomeRows(store, and(before, ...ofScope(page)), checkedLimit(page.limit));
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
