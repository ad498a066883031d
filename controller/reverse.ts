import { eq } from 'drizzle-orm';
import type { Db, Store } from './database.ts';
import { setState } from './decision-rows.ts';
import { ControllerError } from './errors.ts';
import { contextVector, type Features } from './features.ts';
import { recordAct } from './guardrails/audit.ts';
import type { By } from './guardrails/switches.ts';
import { targetOfScope } from './guardrails/targets.ts';
import { opaqueIdOf } from './names.ts';
import { knownPosteriors, storePosterior, unlearned } from './posteriors.ts';
import { type HotScope, readyScope } from './ready-scope.ts';
import { replayOutcomes } from './rebuild.ts';
import { isReversed, standingOutcomes } from './reversals.ts';
import { forgetRewards } from './reward-scale.ts';
import { arms, outcomes, scopes } from './schema.ts';
import { storeLearned } from './scopes.ts';
import type { Settings } from './settings.ts';

type OutcomeRow = typeof outcomes.$inferSelect;

/** What each speed of forgetting has earned hangs on every forecast since: it is learned anew, as a replay would. */
const relearnEvidence = (db: Db, hot: HotScope): void => {
  if (hot.policy.rates.length === 1) return;
  const { evidence } = replayOutcomes(db, hot.row, hot.policy);
  hot.row = storeLearned(db, hot.row, hot.row.learnedCount, evidence);
};

/**
 * Subtracts what is left of the outcome from its arm; the count of learned outcomes, which is a clock, goes on. To be called
 * when the reversal is stored.
 */
const unteach = (db: Db, outcome: OutcomeRow, settings: Settings): void => {
  const scope = db.select().from(scopes).where(eq(scopes.id, outcome.scopeId)).get()!;
  const { hot } = readyScope(db, scope, settings);
  if (outcome.learnedSeq === null) return;
  const arm = db.select().from(arms).where(eq(arms.id, outcome.armId)).get()!;
  const x = contextVector(hot.row.featureSet, JSON.parse(outcome.features) as Features);
  const { policy } = hot;
  const [before] = knownPosteriors(db, hot.posteriors, { arms: [arm], dimension: x.length, policy });
  const after = unlearned(before!, { x, reward: outcome.reward, learnedSeq: outcome.learnedSeq }, policy);
  storePosterior(db, arm.id, after);
  hot.posteriors.set(arm.id, after);
  delete hot.counts;
  relearnEvidence(db, hot);
};

/** The decision can earn again: a corrected outcome comes under an id of its own. */
const reopenDecision = (db: Db, { decisionSeq }: OutcomeRow): void => {
  if (decisionSeq === null || standingOutcomes(db, decisionSeq).length > 0) return;
  setState(db, decisionSeq, 'served');
};

/** `seq:<n>` is the outcome of that number in GET /outcomes, however it was reported; anything else an outcome id. */
const findOutcome = (db: Db, id: string): OutcomeRow => {
  const seq = /^seq:(\d{1,15})$/.exec(id)?.[1];
  const named =
    seq === undefined ? eq(outcomes.idempotencyKey, `outcome:${id}`) : eq(outcomes.seq, Number(seq));
  const outcome = db.select().from(outcomes).where(named).get();
  if (!outcome) throw new ControllerError('UnknownOutcome', `no outcome ${id}`);
  if (outcome.attribution !== 'reversal') return outcome;
  throw new ControllerError(
    'Conflict',
    `outcome ${id} takes outcome seq:${outcome.reverses} back: report that one again`,
  );
};

const insertReversal = (db: Db, { seq, ...row }: OutcomeRow, now: number): void => {
  const reversal = {
    ...row,
    idempotencyKey: `reversal:seq:${seq}`,
    attribution: 'reversal' as const,
    reverses: seq,
    rawReward: -row.rawReward,
    reward: -row.reward,
    learnedSeq: null,
    createdAt: now,
  };
  db.insert(outcomes).values(reversal).run();
};

/**
 * Takes an outcome back by a row of its own: nothing stored is changed or deleted. Once; the same again is a duplicate.
 * Throws UnknownOutcome, or Conflict where it is a reversal itself.
 */
export const createReverse =
  ({ write }: Store, settings: Settings) =>
  ({ outcomeId, actor, reason }: By & { readonly outcomeId: string }): { duplicate: boolean } => {
    const id = opaqueIdOf('outcome id', outcomeId);
    return write((db) => {
      const outcome = findOutcome(db, id);
      if (isReversed(db, outcome.seq)) return { duplicate: true };
      const now = settings.clock();
      insertReversal(db, outcome, now);
      unteach(db, outcome, settings);
      forgetRewards(db, outcome.scopeId);
      reopenDecision(db, outcome);
      const scope = db.select().from(scopes).where(eq(scopes.id, outcome.scopeId)).get()!;
      const detail = { outcome: id, seq: outcome.seq };
      recordAct(db, { actor, action: 'reverse', target: targetOfScope(scope), reason, detail }, now);
      return { duplicate: false };
    });
  };
