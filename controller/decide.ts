import { seededUniform } from '../bandit/seeded-uniform.ts';
import type { StrategySchema } from '../strategy_schemas/schema.ts';
import type { ArmRow } from './arms.ts';
import { askedHashOf } from './canonical.ts';
import type { Db, Store } from './database.ts';
import {
  answerOf,
  type DecisionRow,
  decisionBySeq,
  insertDecision,
  newDecisionId,
  type ParamAnswer,
} from './decision-rows.ts';
import { draw } from './draw.ts';
import { ControllerError } from './errors.ts';
import { checkedFeatures, contextVector, type Features, readFeatures } from './features.ts';
import { type Constraint, constraintOf } from './guardrails/forced.ts';
import { followFreshness, type Market } from './guardrails/freshness.ts';
import { recordServed } from './guardrails/servings.ts';
import { standingOf, windowEpsilon } from './guardrails/standing.ts';
import { normalScope, opaqueIdOf, type Scope } from './names.ts';
import { findOpen, noteOpen } from './open-decisions.ts';
import { heldDecision, holdDecision } from './positions.ts';
import { type ReadyScope, servingScope } from './ready-scope.ts';
import { earlierDecision, giveKeyUp, mayRepeat } from './repeats.ts';
import { withNewFeatures } from './scopes.ts';
import type { Settings } from './settings.ts';

/** A question for parameters. */
export interface DecideRequest extends Scope {
  readonly features: Features;
  /** Features that the gateway knows, such as the champion's regime probabilities; what the engine sends wins. */
  readonly context?: Features;
  /** The model version that the context came from. */
  readonly modelVersion?: string;
  /** How fresh candles and model are; absent where the gateway follows no such instrument. */
  readonly market?: Market;
  /** An open position keeps the parameters that it was opened with. */
  readonly positionId?: string;
  /** The decision that this position was opened with, where it was asked for without the position's id. */
  readonly decisionId?: string;
  /** The same key again gets the same answer, while that may be served. */
  readonly requestKey?: string;
}

/** The checked question. */
interface Question {
  readonly scope: Scope;
  readonly features: Features;
  /** Of what the engine sent: a poll asks the same question although the regime moved a little. */
  readonly askedHash: string;
  readonly modelVersion: string | null;
  readonly market: Market | undefined;
  readonly positionId: string | null;
  readonly decisionId: string | null;
  readonly requestKey: string | null;
}

const opaqueOrNull = (what: string, id: string | undefined): string | null =>
  id === undefined ? null : opaqueIdOf(what, id);

const questionOf = (request: DecideRequest): Question => {
  const sent = checkedFeatures(request.features);
  const scope = normalScope(request);
  const key = opaqueOrNull('idempotency key', request.requestKey);
  if (request.decisionId !== undefined && request.positionId === undefined)
    throw new ControllerError('InvalidData', 'decision_id is held for a position: send its position_id too');
  return {
    scope,
    features: { ...checkedFeatures(request.context ?? {}), ...sent },
    askedHash: askedHashOf(sent),
    modelVersion: request.modelVersion ?? null,
    market: request.market,
    positionId: opaqueOrNull('position id', request.positionId),
    decisionId: opaqueOrNull('decision id', request.decisionId),
    requestKey: key && `${scope.strategy}:${scope.instrument}:${key}`,
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

const byPreset = (arms: readonly ArmRow[], odds: Float64Array): string =>
  JSON.stringify(Object.fromEntries(arms.map(({ presetId }, arm) => [presetId, odds[arm] as number])));

/** Draws an arm and stores the decision with all that the draw depended on; `earlier` is the one whose key it takes. */
const decideAnew = (
  db: Db,
  { hot, now }: ReadyScope,
  question: Question,
  {
    constraint: { tradingState, forced },
    earlier,
  }: { constraint: Constraint; earlier: DecisionRow | undefined },
  { seed, decisionTtlMs }: Settings,
): DecisionRow => {
  refuseIncomplete(hot.schema, question.features);
  if (earlier) giveKeyUp(db, earlier);
  const row = withNewFeatures(db, hot.row, question.features);
  hot.row = row;
  const { used, missing, ignored } = readFeatures(row.featureSet, question.features);
  const decisionId = newDecisionId(now);
  const { drawn, served, odds, propensities, epsilon, reason } = draw(
    db,
    hot,
    contextVector(row.featureSet, used),
    {
      uniform: seededUniform(seed, decisionId),
      windowEpsilon: windowEpsilon(standingOf(db, now), row.id, now),
      forced,
      now,
    },
  );
  const armId = hot.arms[served]!.id;
  if (!forced && hot.schema) recordServed(db, hot, { armId, guardrails: hot.schema.guardrails, now });
  const asDrawn = propensities.every((share, arm) => share === odds[arm]);
  const decision = insertDecision(db, {
    decisionId,
    scopeId: row.id,
    armId,
    policyId: hot.storedPolicy.id,
    state: 'served',
    reason,
    proposedArmId: hot.arms[drawn]!.id,
    forcedBy: forced?.by ?? null,
    tradingState,
    epsilon,
    requestKey: question.requestKey,
    repeats: earlier?.decisionId ?? null,
    features: JSON.stringify(used),
    featuresMissing: JSON.stringify(missing),
    featuresIgnored: JSON.stringify(ignored),
    askedHash: question.askedHash,
    propensities: byPreset(hot.arms, propensities),
    odds: asDrawn ? null : byPreset(hot.arms, odds),
    propensity: propensities[served] as number,
    seed,
    learnedCount: row.learnedCount,
    modelVersion: question.modelVersion,
    positionId: question.positionId,
    createdAt: now,
  });
  noteOpen(db, decision, decisionTtlMs);
  return decision;
};

/** The newest decision on the same question while it is open: younger than the TTL, without a reward, its arm still served, under the same constraint. */
const openDecision = (
  db: Db,
  { hot, now }: ReadyScope,
  { askedHash }: Question,
  { forced, tradingState }: Constraint,
  ttlMs: number,
): DecisionRow | undefined => {
  const seq = findOpen(db, { scopeId: hot.row.id, askedHash }, { now, ttlMs });
  const row = seq === undefined ? undefined : decisionBySeq(db, seq);
  if (row?.state !== 'served' || row.createdAt <= now - ttlMs) return undefined;
  if (row.askedHash !== askedHash || row.scopeId !== hot.row.id) return undefined;
  if (row.forcedBy !== (forced?.by ?? null) || row.tradingState !== tradingState) return undefined;
  if (forced && row.armId !== hot.arms[forced.arm]!.id) return undefined;
  const isCurrent = row.policyId === hot.storedPolicy.id && hot.arms.some(({ id }) => id === row.armId);
  return isCurrent ? row : undefined;
};

const decideIn = (db: Db, question: Question, settings: Settings): ParamAnswer => {
  const ready = servingScope(db, question.scope, settings);
  const { hot, now } = ready;
  const { positionId, scope } = question;
  const { protections } = hot.schema?.guardrails ?? {};
  if (protections) followFreshness(db, scope, { protections, market: question.market, now });
  const constraint = constraintOf(db, hot, now);
  const answer = (decision: DecisionRow) => answerOf(db, hot, decision, constraint.tradingState);
  const position = positionId === null ? undefined : { scopeId: hot.row.id, positionId };
  const held = position && heldDecision(db, position, question.decisionId, now);
  if (held) return { ...answer(held), reason: 'position' };
  const earlier = earlierDecision(db, question);
  const again =
    question.requestKey === null
      ? openDecision(db, ready, question, constraint, settings.decisionTtlMs)
      : earlier && mayRepeat(hot, earlier, constraint)
        ? earlier
        : undefined;
  const decision = again ?? decideAnew(db, ready, question, { constraint, earlier }, settings);
  if (position) holdDecision(db, { ...position, decisionSeq: decision.seq, openedAt: now });
  return answer(decision);
};

/** Chooses a preset; the decision is durable before it is answered. Throws NoPresets, InvalidName, InvalidFeatures, InvalidData, UnknownDecision, Conflict. */
export const createDecide =
  (store: Store, settings: Settings) =>
  (request: DecideRequest): ParamAnswer => {
    const question = questionOf(request);
    return store.write((db) => decideIn(db, question, settings));
  };
