import { estimateAt, modelOf } from '../bandit/arm-model.ts';
import { remaining } from '../bandit/arm-sums.ts';
import { oddsOf } from '../bandit/policy.ts';
import { drawArm } from '../bandit/propensity.ts';
import { seededUniform } from '../bandit/seeded-uniform.ts';
import type { StrategySchema } from '../strategy_schemas/schema.ts';
import type { ArmRow } from './arms.ts';
import { hashOf } from './canonical.ts';
import type { Db, Store } from './database.ts';
import {
  answerOf,
  type DecisionRow,
  insertDecision,
  newDecisionId,
  newestDecision,
  type ParamAnswer,
} from './decision-rows.ts';
import { ControllerError } from './errors.ts';
import { checkedFeatures, contextVector, type Features, readFeatures } from './features.ts';
import { normalScope, opaqueIdOf, type Scope } from './names.ts';
import { findHeldDecision, holdDecision } from './positions.ts';
import { knownPosteriors } from './posteriors.ts';
import { type HotScope, type ReadyScope, servingScope } from './ready-scope.ts';
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

const servingOdds = (db: Db, hot: HotScope, x: Float64Array): Float64Array => {
  const { row, arms, policy } = hot;
  const ids = arms.map(({ id }) => id);
  const posteriors = knownPosteriors(db, hot.posteriors, ids, x.length);
  const estimates = posteriors.map(({ sums, lastSeq }) => {
    const options = {
      lambda: policy.lambda,
      remaining: remaining(row.learnedCount - lastSeq, policy.halfLife),
    };
    return estimateAt(modelOf(sums, options), x);
  });
  return oddsOf(policy, { estimates, counts: [] });
};

const byPreset = (arms: readonly ArmRow[], odds: Float64Array): Record<string, number> =>
  Object.fromEntries(arms.map(({ presetId }, arm) => [presetId, odds[arm] as number]));

/** Draws an arm and stores the decision with all that the draw depended on. */
const decideAnew = (
  db: Db,
  { hot, now }: ReadyScope,
  question: Question,
  { seed, schemas }: Settings,
): DecisionRow => {
  refuseIncomplete(schemas.get(question.scope.strategy), question.features);
  const row = withNewFeatures(db, hot.row, question.features);
  hot.row = row;
  const { used, missing, ignored } = readFeatures(row.featureSet, question.features);
  const odds = servingOdds(db, hot, contextVector(row.featureSet, used));
  const decisionId = newDecisionId(now);
  const chosen = drawArm(odds, seededUniform(seed, decisionId));
  return insertDecision(db, {
    decisionId,
    scopeId: row.id,
    armId: (hot.arms[chosen] as ArmRow).id,
    policyId: hot.storedPolicy.id,
    state: 'served',
    reason: hot.arms.length === 1 ? 'only_preset' : 'sampled',
    features: JSON.stringify(used),
    featuresMissing: JSON.stringify(missing),
    featuresIgnored: JSON.stringify(ignored),
    askedHash: question.askedHash,
    propensities: JSON.stringify(byPreset(hot.arms, odds)),
    propensity: odds[chosen] as number,
    seed,
    learnedCount: row.learnedCount,
    modelVersion: question.modelVersion,
    positionId: question.positionId,
    createdAt: now,
  });
};

/** The newest decision on the same question while it is open: younger than the TTL, without a reward, its arm still active. */
const openDecision = (
  db: Db,
  { hot, now }: ReadyScope,
  { askedHash }: Question,
  ttlMs: number,
): DecisionRow | undefined => {
  const row = newestDecision(db, hot.row.id, askedHash);
  if (row?.state !== 'served' || row.createdAt <= now - ttlMs) return undefined;
  const isCurrent = row.policyId === hot.storedPolicy.id && hot.arms.some(({ id }) => id === row.armId);
  return isCurrent ? row : undefined;
};

const currentDecision = (db: Db, ready: ReadyScope, question: Question, settings: Settings): DecisionRow =>
  openDecision(db, ready, question, settings.decisionTtlMs) ?? decideAnew(db, ready, question, settings);

const decideIn = (db: Db, question: Question, settings: Settings): ParamAnswer => {
  const ready = servingScope(db, question.scope, settings);
  const { positionId, scope } = question;
  const answer = (decision: DecisionRow) => answerOf(db, ready.hot, scope, decision);
  if (positionId === null) return answer(currentDecision(db, ready, question, settings));
  const scopeId = ready.hot.row.id;
  const held = findHeldDecision(db, scopeId, positionId);
  if (held) return { ...answer(held), reason: 'position' };
  const decision = currentDecision(db, ready, question, settings);
  holdDecision(db, { scopeId, positionId, decisionSeq: decision.seq, openedAt: ready.now });
  return answer(decision);
};

/** Chooses a preset; the decision is durable before it is answered. Throws NoPresets, InvalidName, InvalidFeatures. */
export const createDecide =
  (store: Store, settings: Settings) =>
  (request: DecideRequest): ParamAnswer => {
    const question = questionOf(request);
    return store.write((db) => decideIn(db, question, settings));
  };
