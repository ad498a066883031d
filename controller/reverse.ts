import { and, eq, isNull, ne } from 'drizzle-orm';
import type { Db, Store } from './database.ts';
import { setState } from './decision-rows.ts';
import { ControllerError } from './errors.ts';
import { contextVector, type Features } from './features.ts';
import { recordAct } from './guardrails/audit.ts';
import type { By } from './guardrails/switches.ts';
import { targetOfScope } from './guardrails/targets.ts';
import { opaqueIdOf } from './names.ts';
import { knownPosteriors, storePosterior, unlearned } from './posteriors.ts';
import { readyScope } from './ready-scope.ts';
import { arms, outcomes, scopes } from './schema.ts';
import type { Settings } from './settings.ts';

type OutcomeRow = typeof outcomes.$inferSelect;

const isReversed = (db: Db, seq: number): boolean =>
  db.select({ seq: outcomes.seq }).from(outcomes).where(eq(outcomes.reverses, seq)).get() !== undefined;

/** Subtracts what is left of the outcome from its arm; the count of learned outcomes, which is a clock, goes on. */
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
};

/** The decision can earn again: a corrected outcome comes under an id of its own. */
const reopenDecision = (db: Db, { decisionSeq, seq }: OutcomeRow): void => {
  if (decisionSeq === null) return;
  const others = db
    .select({ seq: outcomes.seq })
    .from(outcomes)
    .where(and(eq(outcomes.decisionSeq, decisionSeq), isNull(outcomes.reverses), ne(outcomes.seq, seq)))
    .all();
  if (!others.some((other) => !isReversed(db, other.seq))) setState(db, decisionSeq, 'served');
};

/**
 * Takes an outcome back by a row of its own: nothing stored is changed or deleted. Once; the same again is a duplicate.
 * Throws UnknownOutcome.
 */
export const createReverse =
  ({ write }: Store, settings: Settings) =>
  ({ outcomeId, actor, reason }: By & { readonly outcomeId: string }): { duplicate: boolean } => {
    const id = opaqueIdOf('outcome id', outcomeId);
    return write((db) => {
      const outcome = db
        .select()
        .from(outcomes)
        .where(eq(outcomes.idempotencyKey, `outcome:${id}`))
        .get();
      if (!outcome) throw new ControllerError('UnknownOutcome', `no outcome ${id}`);
      if (isReversed(db, outcome.seq)) return { duplicate: true };
      const now = settings.clock();
      unteach(db, outcome, settings);
      const { seq, ...row } = outcome;
      db.insert(outcomes)
        .values({
          ...row,
          idempotencyKey: `reversal:${id}`,
          attribution: 'reversal',
          reverses: seq,
          rawReward: -row.rawReward,
          reward: -row.reward,
          learnedSeq: null,
          createdAt: now,
        })
        .run();
      reopenDecision(db, outcome);
      const scope = db.select().from(scopes).where(eq(scopes.id, outcome.scopeId)).get()!;
      recordAct(
        db,
        { actor, action: 'reverse', target: targetOfScope(scope), reason, detail: { outcome: id } },
        now,
      );
      return { duplicate: false };
    });
  };
