import { findActiveArm } from './arms.ts';
import { askedHashOf } from './canonical.ts';
import type { Db } from './database.ts';
import { type DecisionRow, findDecision, findDecisionToMatch, storedArm } from './decision-rows.ts';
import { ControllerError } from './errors.ts';
import type { Report } from './outcome-report.ts';
import type { ReadyScope } from './ready-scope.ts';

/** What an outcome is for. */
export interface Attribution {
  readonly kind: 'decision' | 'matched' | 'anonymous';
  readonly armId: number;
  readonly presetId: string;
  readonly decision?: DecisionRow;
}

const byDecisionId = (
  db: Db,
  { hot: { row } }: ReadyScope,
  { presetId, scope }: Report,
  decisionId: string,
): Attribution => {
  const decision = findDecision(db, row.id, decisionId);
  if (!decision) {
    throw new ControllerError(
      'UnknownDecision',
      `no decision ${decisionId} of ${scope.strategy} on ${scope.instrument}`,
    );
  }
  if (decision.state === 'voided')
    throw new ControllerError('Conflict', `decision ${decisionId} is void: it earns nothing`);
  const served = storedArm(db, decision.armId);
  if (served.presetId === presetId) return { kind: 'decision', armId: served.id, presetId, decision };
  throw new ControllerError(
    'Conflict',
    `decision ${decisionId} served preset ${served.presetId}, not ${presetId}`,
  );
};

const byPreset = (
  db: Db,
  { hot: { row }, now }: ReadyScope,
  report: Report,
  outcomeTtlMs: number,
): Attribution => {
  const { presetId, scope, features } = report;
  const arm = findActiveArm(db, row.id, presetId);
  if (!arm)
    throw new ControllerError(
      'UnknownPreset',
      `no preset ${presetId} of ${scope.strategy} on ${scope.instrument}`,
    );
  const askedHash = features && askedHashOf(features);
  const decision = findDecisionToMatch(db, {
    armId: arm.id,
    askedHash,
    since: now - outcomeTtlMs,
  });
  return decision
    ? { kind: 'matched', armId: arm.id, presetId, decision }
    : { kind: 'anonymous', armId: arm.id, presetId };
};

/** Finds arm and decision of an outcome. Throws UnknownDecision, UnknownPreset, or Conflict when the decision served another preset. */
export const attribute = (db: Db, ready: ReadyScope, report: Report, outcomeTtlMs: number): Attribution =>
  report.decisionId === undefined
    ? byPreset(db, ready, report, outcomeTtlMs)
    : byDecisionId(db, ready, report, report.decisionId);
