import { eq, sql } from 'drizzle-orm';
import { type Attribution, attribute } from './attribution.ts';
import type { Db, Store } from './database.ts';
import { setState } from './decision-rows.ts';
import { ControllerError } from './errors.ts';
import { contextVector, type Features, readFeatures } from './features.ts';
import { protectAfterOutcome } from './guardrails/protections.ts';
import { type LearnRequest, type Report, reportOf } from './outcome-report.ts';
import { isTooLate } from './outcome-time.ts';
import { perConnection, placeholdersOf } from './per-connection.ts';
import { knownPosteriors, type Learner, learned, learnedReward, storePosterior } from './posteriors.ts';
import { type HotScope, isKnown, type ReadyScope, readyScope } from './ready-scope.ts';
import { evidenceAfter } from './rebuild.ts';
import { standingOutcomes } from './reversals.ts';
import { normaliseReward, noteReward } from './reward-scale.ts';
import { outcomes, spentKeys } from './schema.ts';
import { type ScopeRow, storeLearned, withNewFeatures } from './scopes.ts';
import type { Settings } from './settings.ts';

const outcomeOfKey = perConnection((db) =>
  db
    .select()
    .from(outcomes)
    .where(eq(outcomes.idempotencyKey, sql.placeholder('key')))
    .prepare(),
);

const spentKey = perConnection((db) =>
  db
    .select({ payloadHash: spentKeys.payloadHash })
    .from(spentKeys)
    .where(eq(spentKeys.key, sql.placeholder('key')))
    .prepare(),
);

const outcomesOfDecision = perConnection((db) =>
  db
    .select({ key: outcomes.idempotencyKey })
    .from(outcomes)
    .where(eq(outcomes.decisionSeq, sql.placeholder('seq')))
    .prepare(),
);

const inserted = perConnection((db) =>
  db
    .insert(outcomes)
    .values(placeholdersOf(outcomes, 'seq') as unknown as typeof outcomes.$inferInsert)
    .prepare(),
);

/** True when this very outcome is stored already. Throws Conflict when its key stands for another one. */
const isStored = (db: Db, { key, payloadHash, isOnlyOfDecision }: Report): boolean => {
  if (key === null) return false;
  const stored = (isOnlyOfDecision ? undefined : outcomeOfKey(db).get({ key })) ?? spentKey(db).get({ key });
  if (!stored || stored.payloadHash === payloadHash) return stored !== undefined;
  throw new ControllerError('Conflict', `${key} is already stored with another payload`);
};

/**
 * The key of an outcome that its decision alone stands for: one that has earned takes no other; undefined when this very one
 * is stored. After a reversal the corrected one comes under the next key. Throws Conflict.
 */
const onlyKeyOf = (db: Db, { decisionId, payloadHash }: Report, seq: number): string | undefined => {
  const first = `decision:${decisionId}`;
  const standing = standingOutcomes(db, seq);
  const own = standing.find(({ idempotencyKey }) => idempotencyKey?.startsWith(first));
  if (own?.payloadHash === payloadHash) return undefined;
  if (standing.length > 0)
    throw new ControllerError(
      'Conflict',
      `decision ${decisionId} has earned already: another outcome of it needs an outcome_id, a corrected one a reversal before`,
    );
  const tries = outcomesOfDecision(db)
    .all({ seq })
    .filter(({ key }) => key?.startsWith(first)).length;
  return tries === 0 ? first : `${first}:${tries + 1}`;
};

const featuresOf = ({ decision }: Attribution, report: Report): Features =>
  decision ? (JSON.parse(decision.features) as Features) : (report.features ?? {});

/** A scope that has the outcome's features, and the outcome as it will be stored. */
interface Prepared {
  readonly row: ScopeRow;
  readonly used: Features;
  readonly learnedSeq: number | null;
}

const prepare = (
  db: Db,
  ready: ReadyScope,
  attribution: Attribution,
  report: Report,
  outcomeTtlMs: number,
): Prepared => {
  const sent = featuresOf(attribution, report);
  const row = withNewFeatures(db, ready.hot.row, sent);
  ready.hot.row = row;
  const { decision } = attribution;
  const isLate = decision !== undefined && isTooLate(db, decision, ready.now - outcomeTtlMs);
  return {
    row,
    used: readFeatures(row.featureSet, sent).used,
    learnedSeq: isLate ? null : row.learnedCount + 1,
  };
};

/** Moves the arm's posterior and the scope's count of outcomes. */
const teach = (
  db: Db,
  hot: HotScope,
  { row, used, learnedSeq }: Prepared,
  { arm, reward }: { arm: Learner; reward: number },
): void => {
  if (learnedSeq === null) return;
  const { policy } = hot;
  const x = contextVector(row.featureSet, used);
  const [before] = knownPosteriors(db, hot.posteriors, { arms: [arm], dimension: x.length, policy });
  const outcome = { x, reward, learnedSeq };
  const after = learned(before!, outcome, policy);
  storePosterior(db, arm.id, after);
  hot.posteriors.set(arm.id, after);
  const { rates, lambda } = policy;
  const asLearned = { ...outcome, reward: learnedReward(policy, reward) };
  hot.models.learned(before!.memory, after.memory, arm.id, asLearned, { rates, lambda });
  hot.row = storeLearned(db, row, learnedSeq, evidenceAfter(row.evidence, before!, outcome, policy));
};

/** Stores the outcome and teaches its arm, in one transaction; one that comes too late is stored and not learned. */
const learnFrom = (db: Db, ready: ReadyScope, report: Report, settings: Settings): { duplicate: boolean } => {
  const attribution = attribute(db, ready, report, settings.outcomeTtlMs);
  const { decision, armId, presetId } = attribution;
  const key = report.isOnlyOfDecision ? onlyKeyOf(db, report, decision!.seq) : report.key;
  if (key === undefined) return { duplicate: true };
  const prepared = prepare(db, ready, attribution, report, settings.outcomeTtlMs);
  const normal = normaliseReward(db, ready.hot.row.id, report);
  inserted(db).run({
    ...normal,
    armId,
    scopeId: ready.hot.row.id,
    decisionSeq: decision?.seq ?? null,
    attribution: attribution.kind,
    idempotencyKey: key,
    payloadHash: report.payloadHash,
    rawReward: report.reward,
    rewardUnit: report.rewardUnit,
    features: JSON.stringify(prepared.used),
    learnedSeq: prepared.learnedSeq,
    createdAt: ready.now,
    reverses: null,
  });
  if (decision) setState(db, decision.seq, 'rewarded');
  teach(db, ready.hot, prepared, { arm: { id: armId, presetId }, reward: normal.reward });
  if (prepared.learnedSeq !== null) {
    noteReward(db, ready.hot.row.id, report);
    protectAfterOutcome(db, ready);
  }
  return { duplicate: false };
};

const learnIn = (db: Db, report: Report, settings: Settings): { duplicate: boolean } => {
  if (isStored(db, report)) return { duplicate: true };
  if (!isKnown(db, report.scope, settings)) {
    const { strategy, instrument } = report.scope;
    const code = report.decisionId === undefined ? 'UnknownPreset' : 'UnknownDecision';
    throw new ControllerError(code, `nothing is known of ${strategy} on ${instrument}`);
  }
  return learnFrom(db, readyScope(db, report.scope, settings), report, settings);
};

/** Learns one outcome, exactly once where it has an id. Throws UnknownPreset, UnknownDecision, Conflict, Invalid…. */
export const createLearn =
  (store: Store, settings: Settings) =>
  (request: LearnRequest): { duplicate: boolean } => {
    const report = reportOf(request);
    return store.write((db) => learnIn(db, report, settings));
  };
