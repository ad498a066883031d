import { eq } from 'drizzle-orm';
import { activeArms, findActiveArm } from './arms.ts';
import type { Db, Store } from './database.ts';
import { findDecisionById, setState } from './decision-rows.ts';
import { ControllerError } from './errors.ts';
import { recordAct } from './guardrails/audit.ts';
import type { By } from './guardrails/switches.ts';
import { targetOfScope } from './guardrails/targets.ts';
import { normalScope, opaqueIdOf, presetIdOf, type Scope } from './names.ts';
import { forgetScope, isKnown, type ReadyScope, readyScope } from './ready-scope.ts';
import { arms, scopes } from './schema.ts';
import { storePin } from './scopes.ts';
import type { Settings } from './settings.ts';

const leastPresets = 2;

const knownScope = (db: Db, scope: Scope, settings: Settings): ReadyScope => {
  if (isKnown(db, scope, settings)) return readyScope(db, scope, settings);
  throw new ControllerError('UnknownPreset', `nothing is known of ${scope.strategy} on ${scope.instrument}`);
};

const unknownPreset = ({ strategy, instrument }: Scope, presetId: string): ControllerError =>
  new ControllerError('UnknownPreset', `no preset ${presetId} of ${strategy} on ${instrument}`);

/**
 * Takes a preset out of what is served; registering the same parameters again brings it back with what it knew.
 * Throws UnknownPreset, or Conflict where it is the safe default, pinned, or one of the last two.
 */
export const createRetire =
  ({ write }: Store, settings: Settings) =>
  ({ presetId: asked, actor, reason, ...where }: Scope & By & { readonly presetId: string }): void => {
    const scope = normalScope(where);
    const presetId = presetIdOf(asked);
    write((db) => {
      const { hot, now } = knownScope(db, scope, settings);
      const arm = findActiveArm(db, hot.row.id, presetId);
      if (!arm) throw unknownPreset(scope, presetId);
      if (presetId === hot.schema?.safe_default)
        throw new ControllerError(
          'Conflict',
          `${presetId} is the safe default of ${scope.strategy}: it stays`,
        );
      if (presetId === hot.row.pinnedPreset)
        throw new ControllerError('Conflict', `${presetId} is pinned: unpin it first`);
      if (activeArms(db, hot.row.id).length <= leastPresets)
        throw new ControllerError('Conflict', `${leastPresets} presets stay at least`);
      db.update(arms).set({ state: 'retired', replacedAt: now }).where(eq(arms.id, arm.id)).run();
      recordAct(
        db,
        { actor, action: 'retire', target: targetOfScope(scope), reason, detail: { presetId } },
        now,
      );
      forgetScope(db, scope);
    });
  };

/** Serves one preset whatever the arms know, until it is unpinned with null. Throws UnknownPreset. */
export const createPin =
  ({ write }: Store, settings: Settings) =>
  ({ presetId, actor, reason, ...where }: Scope & By & { readonly presetId: string | null }): void => {
    const scope = normalScope(where);
    write((db) => {
      const { hot, now } = knownScope(db, scope, settings);
      if (presetId !== null && !hot.arms.some((arm) => arm.presetId === presetId))
        throw unknownPreset(scope, presetId);
      storePin(db, hot.row, presetId);
      const action = presetId === null ? 'unpin' : 'pin';
      recordAct(db, { actor, action, target: targetOfScope(scope), reason, detail: { presetId } }, now);
      forgetScope(db, scope);
    });
  };

/** A decision that nothing was done with: it earns nothing. Throws UnknownDecision, or Conflict where it earned already. */
export const createVoid =
  ({ write }: Store, { clock }: Settings) =>
  ({ decisionId, actor, reason }: By & { readonly decisionId: string }): void => {
    const id = opaqueIdOf('decision id', decisionId);
    write((db) => {
      const decision = findDecisionById(db, id);
      if (!decision) throw new ControllerError('UnknownDecision', `no decision ${id}`);
      if (decision.state === 'voided') return;
      if (decision.state === 'rewarded')
        throw new ControllerError('Conflict', `decision ${id} has earned: reverse its outcomes first`);
      setState(db, decision.seq, 'voided');
      const scope = db.select().from(scopes).where(eq(scopes.id, decision.scopeId)).get()!;
      recordAct(
        db,
        { actor, action: 'void', target: targetOfScope(scope), reason, detail: { decision: id } },
        clock(),
      );
    });
  };
