import { and, asc, eq, gt, isNotNull } from 'drizzle-orm';
import { bestRate, updatedEvidence } from '../bandit/forgetting.ts';
import { forecastsOf } from '../bandit/learner.ts';
import { readCheckpoint } from './compaction/checkpoint.ts';
import type { Db } from './database.ts';
import { contextVector, type Features } from './features.ts';
import type { Policy } from './policies.ts';
import {
  dropPosterior,
  freshPosterior,
  learned,
  learnedReward,
  type Posterior,
  storePosterior,
} from './posteriors.ts';
import { arms, outcomes } from './schema.ts';
import type { ScopeRow } from './scopes.ts';

/** What a scope must know by its stored outcomes alone. */
export interface Replayed {
  /** By arm id. */
  readonly posteriors: Map<number, Posterior>;
  readonly evidence: readonly number[];
}

/** Of several speeds, what each has earned by forecasting this outcome before the arm learned from it. */
export const evidenceAfter = (
  evidence: readonly number[],
  posterior: Posterior,
  { x, reward, learnedSeq }: { x: Float64Array; reward: number; learnedSeq: number },
  policy: Policy,
): readonly number[] => {
  if (policy.rates.length === 1) return evidence;
  const { rates, lambda } = policy;
  const forecasts = forecastsOf(posterior.memory, x, { rates, lambda, learnedCount: learnedSeq - 1 });
  return updatedEvidence(evidence, forecasts, learnedReward(policy, reward));
};

/** The speed that decisions of the scope ask. */
export const rateOf = ({ evidence }: Pick<ScopeRow, 'evidence'>, { rates }: Policy): number =>
  rates.length === 1 || evidence.length !== rates.length ? 0 : bestRate(evidence);

type OutcomeRow = typeof outcomes.$inferSelect;

/** Learned outcomes after a number, in their order. */
export const learnedOutcomes = (
  db: Db,
  scopeId: number,
  { after, limit = -1 }: { after: number; limit?: number },
): OutcomeRow[] =>
  db
    .select()
    .from(outcomes)
    .where(and(eq(outcomes.scopeId, scopeId), gt(outcomes.learnedSeq, after)))
    .orderBy(asc(outcomes.learnedSeq))
    .limit(limit)
    .all();

const takenBackIn = (db: Db, scopeId: number): Set<number | null> =>
  new Set(
    db
      .select({ reverses: outcomes.reverses })
      .from(outcomes)
      .where(and(eq(outcomes.scopeId, scopeId), isNotNull(outcomes.reverses)))
      .all()
      .map(({ reverses }) => reverses),
  );

const presetsOf = (db: Db, scopeId: number): Map<number, string> =>
  new Map(
    db
      .select()
      .from(arms)
      .where(eq(arms.scopeId, scopeId))
      .all()
      .map((arm) => [arm.id, arm.presetId]),
  );

/** Learns outcomes in their order on top of what was known before; one that was taken back is left out. */
export const learnOutcomes = (
  db: Db,
  { id, featureSet }: ScopeRow,
  policy: Policy,
  { base, rows }: { base: Replayed; rows: readonly OutcomeRow[] },
): Replayed => {
  const takenBack = takenBackIn(db, id);
  const presets = presetsOf(db, id);
  const posteriors = new Map(base.posteriors);
  let { evidence } = base;
  for (const { seq, armId, features, reward, learnedSeq } of rows) {
    if (takenBack.has(seq)) continue;
    const x = contextVector(featureSet, JSON.parse(features) as Features);
    const before = posteriors.get(armId) ?? freshPosterior(x.length, presets.get(armId)!, policy);
    const outcome = { x, reward, learnedSeq: learnedSeq as number };
    evidence = evidenceAfter(evidence, before, outcome, policy);
    posteriors.set(armId, learned(before, outcome, policy));
  }
  return { posteriors, evidence };
};

/** Learns all outcomes of a scope: those that were compacted are in its checkpoint, the others are learned on top. */
export const replayOutcomes = (db: Db, scope: ScopeRow, policy: Policy): Replayed => {
  const { throughSeq, ...base } = readCheckpoint(db, scope, policy);
  const rows = learnedOutcomes(db, scope.id, { after: throughSeq });
  return learnOutcomes(db, scope, policy, { base, rows });
};

/** Learns everything again from the outcomes, inside the caller's transaction; gives the evidence of each speed. */
export const rebuildPosteriors = (db: Db, scope: ScopeRow, policy: Policy): readonly number[] => {
  const known = db.select({ id: arms.id }).from(arms).where(eq(arms.scopeId, scope.id)).all();
  for (const { id } of known) dropPosterior(db, id);
  const { posteriors, evidence } = replayOutcomes(db, scope, policy);
  for (const [armId, posterior] of posteriors) storePosterior(db, armId, posterior);
  return evidence;
};
