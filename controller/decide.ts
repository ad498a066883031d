import { remaining } from '../bandit/arm-sums.ts';
import { linTsOdds } from '../bandit/lin-ts.ts';
import { drawArm } from '../bandit/propensity.ts';
import { seededUniform } from '../bandit/seeded-uniform.ts';
import type { StrategySchema } from '../strategy_schemas/schema.ts';
import type { ArmRow } from './arms.ts';
import { hashOf } from './canonical.ts';
import type { Db, Store } from './database.ts';
import {
  answerOf,
  type DecisionRow,
  findOpenDecision,
  insertDecision,
  newDecisionId,
  type ParamAnswer,
} from './decision-rows.ts';
import { ControllerError } from './errors.ts';
import { checkedFeatures, contextVector, type Features, readFeatures } from './features.ts';
import { normalScope, opaqueIdOf, type Scope } from './names.ts';
import { findHeldDecision, holdDecision } from './positions.ts';
import { readPosteriors } from './posteriors.ts';
import { type ReadyScope, servingScope } from './ready-scope.ts';
import { withNewFeatures } from './scopes.ts';
import type { Settings } from './settings.ts';

/** A question for parameters. */
export interface DecideRequest extends Scope {
  readonly features: Features;
  /** Features that the gateway knows, such as the champion's regime probabilities; what the engine sends wins. */
  readonly context?: Features;
  /** The model version that the context came from. */
  readonly modelVersion?: string;
  /** An open position keeps the parameters that it was opened with. */
  readonly positionId?: string;
}

/** The checked question. */
interface Question {
  readonly scope: Scope;
  readonly features: Features;
  /** Of what the engine sent: a poll asks the same question although the regime moved a little. */
  readonly askedHash: string;
  readonly modelVersion: string | null;
  readonly positionId: string | null;
}

const questionOf = (request: DecideRequest): Question => {
  const sent = checkedFeatures(request.features);
  return {
    scope: normalScope(request),
    features: { ...checkedFeatures(request.context ?? {}), ...sent },
    askedHash: hashOf(sent),
    modelVersion: request.modelVersion ?? null,
    positionId: request.positionId === undefined ? null : opaqueIdOf('position id', request.positionId),
  };
};

const refuseIncomplete = (schema: StrategySchema | undefined, features: Features): void => {
  const absent =
    schema?.features.filter(({ name, required }) => required && !Object.hasOwn(features, name)) ?? [];
  if (absent.length === 0) return;
  throw new ControllerError(
    'InvalidFeatures',
    `${schema?.strategy} requires ${absent.map(({ name }) => name).join(', ')}`,
  );
};

const oddsOf = (db: Db, { row, arms, policy }: ReadyScope, x: Float64Array): Float64Array => {
  const posteriors = readPosteriors(
    db,
    arms.map(({ id }) => id),
    x.length,
  );
  const faded = posteriors.map(({ sums, lastSeq }) => ({
    sums,
    remaining: remaining(row.learnedCount - lastSeq, policy.halfLife),
  }));
  return linTsOdds(faded, x, policy).propensities;
};

const byPreset = (arms: readonly ArmRow[], odds: Float64Array): Record<string, number> =>
  Object.fromEntries(arms.map(({ presetId }, arm) => [presetId, odds[arm] as number]));

/** Draws an arm and stores the decision with all that the draw depended on. */
const decideAnew = (
  db: Db,
  ready: ReadyScope,
  question: Question,
  { seed, schemas }: Settings,
): DecisionRow => {
  refuseIncomplete(schemas.get(question.scope.strategy), question.features);
  const row = withNewFeatures(db, ready.row, question.features);
  const { used, missing, ignored } = readFeatures(row.featureSet, question.features);
  const odds = oddsOf(db, { ...ready, row }, contextVector(row.featureSet, used));
  const decisionId = newDecisionId(ready.now);
  const chosen = drawArm(odds, seededUniform(seed, decisionId));
  return insertDecision(db, {
    decisionId,
    scopeId: row.id,
    armId: (ready.arms[chosen] as ArmRow).id,
    policyId: ready.storedPolicy.id,
    state: 'served',
    reason: ready.arms.length === 1 ? 'only_preset' : 'sampled',
    features: JSON.stringify(used),
    featuresMissing: JSON.stringify(missing),
    featuresIgnored: JSON.stringify(ignored),
    askedHash: question.askedHash,
    propensities: JSON.stringify(byPreset(ready.arms, odds)),
    propensity: odds[chosen] as number,
    seed,
    learnedCount: row.learnedCount,
    modelVersion: question.modelVersion,
    positionId: question.positionId,
    createdAt: ready.now,
  });
};

const openDecision = (
  db: Db,
  { row, storedPolicy, now }: ReadyScope,
  { askedHash }: Question,
  ttlMs: number,
) => findOpenDecision(db, { scopeId: row.id, askedHash, policyId: storedPolicy.id, since: now - ttlMs });

const currentDecision = (db: Db, ready: ReadyScope, question: Question, settings: Settings): DecisionRow =>
  openDecision(db, ready, question, settings.decisionTtlMs) ?? decideAnew(db, ready, question, settings);

const decideIn = (db: Db, question: Question, settings: Settings): ParamAnswer => {
  const ready = servingScope(db, question.scope, settings);
  const { positionId, scope } = question;
  if (positionId === null) return answerOf(db, scope, currentDecision(db, ready, question, settings));
  const held = findHeldDecision(db, ready.row.id, positionId);
  if (held) return { ...answerOf(db, scope, held), reason: 'position' };
  const decision = currentDecision(db, ready, question, settings);
  holdDecision(db, { scopeId: ready.row.id, positionId, decisionSeq: decision.seq, openedAt: ready.now });
  return answerOf(db, scope, decision);
};

/** Chooses a preset; the decision is durable before it is answered. Throws NoPresets, InvalidName, InvalidFeatures. */
export const createDecide =
  (store: Store, settings: Settings) =>
  (request: DecideRequest): ParamAnswer => {
    const question = questionOf(request);
    return store.write((db) => decideIn(db, question, settings));
  };
