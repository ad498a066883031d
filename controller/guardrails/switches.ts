import { eq } from 'drizzle-orm';
import type { Store } from '../database.ts';
import { ControllerError } from '../errors.ts';
import type { Scope } from '../names.ts';
import { normalScope } from '../names.ts';
import { evaluationWindows, locks, tradingStateRows } from '../schema.ts';
import { findScope } from '../scopes.ts';
import type { Settings } from '../settings.ts';
import { recordAct } from './audit.ts';
import { equityViews, forgiveDrawdown } from './equity.ts';
import { liftLock } from './locks.ts';
import { forgetStanding, isOpen, standingOf, tighten } from './standing.ts';
import { targetOf } from './targets.ts';

/** Who acts, and why; both go to the audit log. */
export interface By {
  readonly actor: string;
  readonly reason: string;
}

export interface KillRequest extends Partial<Scope>, By {
  /** HALTED: no positions; REDUCING: only smaller ones. */
  readonly state: 'HALTED' | 'REDUCING';
}

/** Latches the kill switch: it holds until a person resumes. A stricter state that holds already stays. */
export const createKill =
  ({ write }: Store, { clock }: Settings) =>
  ({ state, actor, reason, ...where }: KillRequest) => {
    const target = targetOf(where);
    return write((db) => {
      const now = clock();
      const changed = tighten(db, { target, state, reason, actor, since: now });
      recordAct(db, { actor, action: 'kill', target, reason, detail: { state, changed } }, now);
      const row = db.select().from(tradingStateRows).where(eq(tradingStateRows.target, target)).get()!;
      return { target, trading_state: row.state, since: row.since, reason: row.reason };
    });
  };

/** Re-arms what was killed at this very target; a wider kill goes on holding. A drawdown that killed is forgiven. */
export const createResume =
  ({ write }: Store, settings: Settings) =>
  ({ actor, reason, ...where }: Partial<Scope> & By) => {
    const target = targetOf(where);
    return write((db) => {
      const now = settings.clock();
      const row = db.select().from(tradingStateRows).where(eq(tradingStateRows.target, target)).get();
      if (!row || row.state === 'ACTIVE')
        throw new ControllerError('Conflict', `${target} is not halted: there is nothing to resume`);
      db.update(tradingStateRows)
        .set({ state: 'ACTIVE', reason, actor, since: now })
        .where(eq(tradingStateRows.target, target))
        .run();
      if (row.actor === 'protection:drawdown') forgiveDrawdown(db, target, settings, now);
      recordAct(
        db,
        { actor, action: 'resume', target, reason, detail: { was: row.state, because: row.reason } },
        now,
      );
      forgetStanding(db);
      return { target, trading_state: 'ACTIVE' as const, since: now, reason };
    });
  };

/** Lifts a lock before its time. Throws UnknownLock where none such is open. */
export const createUnlock =
  ({ write }: Store, settings: Settings) =>
  ({ lockId, actor, reason }: By & { readonly lockId: number }) =>
    write((db) => {
      const now = settings.clock();
      const lock = db.select().from(locks).where(eq(locks.id, lockId)).get();
      if (!lock || lock.liftedAt !== null || !isOpen(lock, now))
        throw new ControllerError('UnknownLock', `no open lock ${lockId}`);
      if (lock.protection === 'drawdown') forgiveDrawdown(db, lock.target, settings, now);
      liftLock(db, lock, { actor, reason }, now);
      return { lock_id: lockId, target: lock.target, protection: lock.protection };
    });

export interface WindowRequest extends Scope, By {
  readonly epsilon: number;
  readonly hours: number;
}

/** Opens an evaluation window: ε is at least this until it closes. Throws UnknownPreset where nothing is served yet. */
export const createOpenWindow =
  ({ write }: Store, { clock }: Settings) =>
  ({ epsilon, hours, actor, reason, ...where }: WindowRequest) => {
    const scope = normalScope(where);
    return write((db) => {
      const row = findScope(db, scope);
      if (!row)
        throw new ControllerError(
          'UnknownPreset',
          `nothing is known of ${scope.strategy} on ${scope.instrument}`,
        );
      const now = clock();
      const until = Math.round(now + hours * 3_600_000);
      db.insert(evaluationWindows).values({ scopeId: row.id, epsilon, from: now, until, actor }).run();
      recordAct(
        db,
        { actor, action: 'evaluate', target: targetOf(scope), reason, until, detail: { epsilon } },
        now,
      );
      forgetStanding(db);
      return { ...scope, epsilon, from: now, until };
    });
  };

/** Where trading stands: states that are not ACTIVE, open locks, equities. Reads only. */
export const createStanding =
  ({ db }: Store, { clock }: Settings) =>
  () => {
    const now = clock();
    const standing = standingOf(db, now);
    return {
      trading_states: standing.states.filter(({ state }) => state !== 'ACTIVE'),
      locks: standing.locks.filter((lock) => isOpen(lock, now)),
      equities: equityViews(db),
      evaluation_windows: standing.windows.filter(({ until }) => until > now),
    };
  };
