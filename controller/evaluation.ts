import { and, asc, eq, gte, isNull, lt } from 'drizzle-orm';
import { crossFitted } from '../bandit/ope/cross-fit.ts';
import { alwaysArm, type BanditLog, evaluatePolicy, type OffPolicyValue } from '../bandit/ope/estimators.ts';
import { championOf, prunable, type WindowValues } from '../bandit/ope/pruning.ts';
import { type ArmRow, activeArms } from './arms.ts';
import type { Db, Store } from './database.ts';
import { ControllerError } from './errors.ts';
import { contextVector, type Features } from './features.ts';
import { normalScope, type Scope } from './names.ts';
import { arms, decisions, outcomes } from './schema.ts';
import { findScope, type ScopeRow } from './scopes.ts';
import type { Settings } from './settings.ts';

/** Epoch ms; `to` is exclusive. */
export interface EvaluationRequest extends Scope {
  readonly from: number;
  readonly to: number;
}

/** A decision that earned, as evaluation needs it; its reward is the sum of its outcomes, in deviations. */
interface Earned {
  readonly armId: number;
  readonly createdAt: number;
  readonly x: Float64Array;
  readonly propensities: Readonly<Record<string, number>>;
  readonly epsilon: number;
  readonly reward: number;
}

const dayMs = 86_400_000;

/** Net of reversals. Rewards that came too late count here: evaluation asks what was earned, not what was learned. */
const rewardsOf = (db: Db, scopeId: number, window: { from: number; to: number }): Map<number, number> => {
  const rows = db
    .select({ decisionSeq: outcomes.decisionSeq, reward: outcomes.reward })
    .from(outcomes)
    .innerJoin(decisions, eq(decisions.seq, outcomes.decisionSeq))
    .where(
      and(
        eq(outcomes.scopeId, scopeId),
        gte(decisions.createdAt, window.from),
        lt(decisions.createdAt, window.to),
      ),
    )
    .all();
  const rewards = new Map<number, number>();
  for (const { decisionSeq, reward } of rows)
    rewards.set(decisionSeq!, (rewards.get(decisionSeq!) ?? 0) + reward);
  return rewards;
};

const inWindow = (scopeId: number, { from, to }: { from: number; to: number }) =>
  and(eq(decisions.scopeId, scopeId), gte(decisions.createdAt, from), lt(decisions.createdAt, to));

/** Decisions that were free (no kill, lock, pin or shadow) and earned. */
const earnedIn = (db: Db, row: ScopeRow, window: { from: number; to: number }): Earned[] => {
  const rewards = rewardsOf(db, row.id, window);
  return db
    .select()
    .from(decisions)
    .where(and(inWindow(row.id, window), isNull(decisions.forcedBy), eq(decisions.state, 'rewarded')))
    .orderBy(asc(decisions.seq))
    .all()
    .map((decision) => ({
      armId: decision.armId,
      createdAt: decision.createdAt,
      x: contextVector(row.featureSet, JSON.parse(decision.features) as Features),
      propensities: JSON.parse(decision.propensities) as Record<string, number>,
      epsilon: decision.epsilon,
      reward: rewards.get(decision.seq) ?? 0,
    }));
};

/** Every arm that served in the log, and the preset in question: the columns of its matrices. */
const valueOf = (
  earned: readonly Earned[],
  arm: ArmRow,
  presetOf: (armId: number) => string,
): OffPolicyValue | undefined => {
  // Before the arm was there, its preset id stood for other parameters, or for nothing.
  const rows = earned.filter(
    ({ createdAt, propensities }) => createdAt >= arm.createdAt && arm.presetId in propensities,
  );
  if (rows.length === 0) return undefined;
  const columns = [...new Set([arm.presetId, ...rows.map(({ armId }) => presetOf(armId))])];
  const log: BanditLog = {
    arms: columns.length,
    served: Int32Array.from(rows, ({ armId }) => columns.indexOf(presetOf(armId))),
    rewards: Float64Array.from(rows, ({ reward }) => reward),
    propensities: Float64Array.from(
      rows.flatMap(({ propensities }) => columns.map((preset) => propensities[preset] ?? 0)),
    ),
  };
  const forecasts = crossFitted(
    log,
    rows.map(({ x }) => x),
  );
  return evaluatePolicy(log, { target: alwaysArm(log, 0), forecasts });
};

const valuesIn = (
  earned: readonly Earned[],
  active: readonly ArmRow[],
  presetOf: (armId: number) => string,
): WindowValues =>
  new Map(
    active.flatMap((arm) => {
      const value = valueOf(earned, arm, presetOf);
      return value ? [[arm.presetId, value] as const] : [];
    }),
  );

const refuse = (detail: string): never => {
  throw new ControllerError('InvalidData', detail);
};

/**
 * What each active preset would have earned had it been served always, by decisions of a window, and by those of its two
 * halves which presets may be retired. Forced decisions are left out. Throws InvalidData, UnknownPreset.
 */
export const createEvaluation =
  ({ db }: Store, { schemas }: Settings) =>
  ({ from, to, ...request }: EvaluationRequest) => {
    if (!(from < to)) refuse(`from (${from}) must lie before to (${to})`);
    const scope = normalScope(request);
    const row = findScope(db, scope);
    if (!row)
      throw new ControllerError(
        'UnknownPreset',
        `nothing is known of ${scope.strategy} on ${scope.instrument}`,
      );
    const active = activeArms(db, row.id);
    const presets = new Map(
      db
        .select()
        .from(arms)
        .where(eq(arms.scopeId, row.id))
        .all()
        .map(({ id, presetId }) => [id, presetId]),
    );
    const presetOf = (armId: number): string => presets.get(armId)!;
    const earned = earnedIn(db, row, { from, to });
    const middle = (from + to) / 2;
    const half = (early: boolean) =>
      valuesIn(
        earned.filter(({ createdAt }) => createdAt < middle === early),
        active,
        presetOf,
      );
    const values = valuesIn(earned, active, presetOf);
    const safeDefault = schemas.get(scope.strategy)?.safe_default ?? active[0]?.presetId ?? '';
    const logged = earned.reduce((sum, { reward }) => sum + reward, 0) / earned.length;
    return {
      ...scope,
      from,
      to,
      days: (to - from) / dayMs,
      decisions: earned.length,
      epsilon: earned.reduce((largest, { epsilon }) => Math.max(largest, epsilon), 0),
      /** Mean reward of what was really served, in deviations. */
      logged: earned.length === 0 ? null : logged,
      champion: championOf(values) ?? null,
      presets: Object.fromEntries(values),
      /** A person retires them by POST /preset/retire. */
      prunable: prunable([half(true), half(false)], safeDefault),
    };
  };
