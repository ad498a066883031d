import { and, asc, eq, gte, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { ArmRow } from './arms.ts';
import type { Db } from './database.ts';
import { contextVector, type Features } from './features.ts';
import { arms, decisions, outcomes } from './schema.ts';
import type { ScopeRow } from './scopes.ts';

/** Epoch ms; `to` is exclusive. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** A decision as evaluation needs it; its reward is the sum of its outcomes, in deviations. */
export interface Judged {
  readonly presetId: string;
  readonly createdAt: number;
  readonly x: Float64Array;
  readonly propensities: Readonly<Record<string, number>>;
  readonly epsilon: number;
  readonly reward: number;
}

/** Decisions of a window that say nothing about presets, by the first of these reasons. */
export interface LeftOut {
  /** By a kill, a lock, a pin or shadow mode. */
  forced: number;
  /** They earned nothing yet, or are void. */
  unrewarded: number;
  /** A guardrail held the served preset, or one that is judged was not there yet: it had no chance. */
  no_support: number;
}

const inWindow = (scopeId: number, { from, to }: Window): SQL | undefined =>
  and(eq(decisions.scopeId, scopeId), gte(decisions.createdAt, from), lt(decisions.createdAt, to));

/** Net of reversals. Rewards that came too late count here: evaluation asks what was earned, not what was learned. */
const rewardsOf = (db: Db, scopeId: number, window: Window): Map<number, number> => {
  const rows = db
    .select({ decisionSeq: outcomes.decisionSeq, reward: outcomes.reward })
    .from(outcomes)
    .innerJoin(decisions, eq(decisions.seq, outcomes.decisionSeq))
    .where(and(eq(outcomes.scopeId, scopeId), inWindow(scopeId, window)))
    .all();
  const rewards = new Map<number, number>();
  for (const { decisionSeq, reward } of rows)
    rewards.set(decisionSeq!, (rewards.get(decisionSeq!) ?? 0) + reward);
  return rewards;
};

const countsOf = (db: Db, scopeId: number, window: Window): Omit<LeftOut, 'no_support'> =>
  db
    .select({
      forced: sql<number>`coalesce(sum(${decisions.forcedBy} is not null), 0)`,
      unrewarded: sql<number>`coalesce(sum(${decisions.forcedBy} is null and ${decisions.state} <> 'rewarded'), 0)`,
    })
    .from(decisions)
    .where(inWindow(scopeId, window))
    .get()!;

/** Free decisions that earned, oldest first. */
const earnedIn = (db: Db, row: ScopeRow, window: Window): Judged[] => {
  const rewards = rewardsOf(db, row.id, window);
  return db
    .select({ decision: decisions, presetId: arms.presetId })
    .from(decisions)
    .innerJoin(arms, eq(arms.id, decisions.armId))
    .where(and(inWindow(row.id, window), isNull(decisions.forcedBy), eq(decisions.state, 'rewarded')))
    .orderBy(asc(decisions.seq))
    .all()
    .map(({ decision, presetId }) => ({
      presetId,
      createdAt: decision.createdAt,
      x: contextVector(row.featureSet, JSON.parse(decision.features) as Features),
      propensities: JSON.parse(decision.propensities) as Record<string, number>,
      epsilon: decision.epsilon,
      reward: rewards.get(decision.seq) ?? 0,
    }));
};

/** Whether a preset id stood for this arm at a time: for other parameters before it was made, and while another replaced it. */
const stoodFor = (all: readonly ArmRow[], arm: ArmRow): ((at: number) => boolean) => {
  const others = all.filter(({ id, presetId }) => presetId === arm.presetId && id !== arm.id);
  return (at) =>
    at >= arm.createdAt &&
    others.every(({ createdAt, replacedAt }) => at < createdAt || (replacedAt !== null && at >= replacedAt));
};

/**
 * The decisions of a window that presets can be compared by: free, rewarded, and each preset had a chance. One in which a
 * preset could not have been served says nothing about it, however it is weighed.
 */
export const judgedDecisions = (
  db: Db,
  row: ScopeRow,
  { window, presets }: { window: Window; presets: readonly ArmRow[] },
): { judged: Judged[]; leftOut: LeftOut } => {
  const all = db.select().from(arms).where(eq(arms.scopeId, row.id)).all();
  const chances = presets.map((arm) => ({ presetId: arm.presetId, stood: stoodFor(all, arm) }));
  const earned = earnedIn(db, row, window);
  const judged = earned.filter(({ createdAt, propensities }) =>
    chances.every(({ presetId, stood }) => (propensities[presetId] ?? 0) > 0 && stood(createdAt)),
  );
  const no_support = earned.length - judged.length;
  return { judged, leftOut: { ...countsOf(db, row.id, window), no_support } };
};
