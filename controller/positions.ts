import { and, eq, isNull } from 'drizzle-orm';
import type { Db, Store } from './database.ts';
import { type DecisionRow, decisionBySeq, findDecisionById } from './decision-rows.ts';
import { ControllerError } from './errors.ts';
import { targetOfScope } from './guardrails/targets.ts';
import { normalScope, opaqueIdOf, type Scope } from './names.ts';
import { positions, scopes } from './schema.ts';

/** A position as engines number them: by themselves, of each strategy and instrument. */
interface Position {
  readonly scopeId: number;
  readonly positionId: string;
}

const findHeld = (db: Db, { scopeId, positionId }: Position): DecisionRow | undefined => {
  const open = and(
    eq(positions.scopeId, scopeId),
    eq(positions.positionId, positionId),
    isNull(positions.closedAt),
  );
  const row = db.select().from(positions).where(open).get();
  return row && decisionBySeq(db, row.decisionSeq);
};

/** Binds a position to its decision; the id of a closed position can be used again. */
export const holdDecision = (db: Db, row: typeof positions.$inferInsert): void => {
  const { decisionSeq, openedAt } = row;
  db.insert(positions)
    .values(row)
    .onConflictDoUpdate({
      target: [positions.scopeId, positions.positionId],
      set: { decisionSeq, openedAt, closedAt: null },
    })
    .run();
};

const conflict = (message: string): ControllerError => new ControllerError('Conflict', message);

/** The decision when a position of this scope may be opened with it. */
const decisionToHold = (db: Db, scopeId: number, decisionId: string): DecisionRow => {
  const decision = findDecisionById(db, decisionId);
  if (!decision) throw new ControllerError('UnknownDecision', `no decision ${decisionId}`);
  if (decision.scopeId !== scopeId)
    throw conflict(`decision ${decisionId} is of another strategy or instrument`);
  if (decision.state === 'voided') throw conflict(`decision ${decisionId} is void: no position has it`);
  return decision;
};

/**
 * The decision that an open position was opened with. Where the engine names it, the position has it from then on.
 * Throws UnknownDecision, and Conflict where the position has another one already or nobody may have that one here.
 */
export const heldDecision = (
  db: Db,
  position: Position,
  decisionId: string | null,
  now: number,
): DecisionRow | undefined => {
  const held = findHeld(db, position);
  if (decisionId === null || held?.decisionId === decisionId) return held;
  const decision = decisionToHold(db, position.scopeId, decisionId);
  if (held) throw conflict(`position ${position.positionId} was opened with decision ${held.decisionId}`);
  holdDecision(db, { ...position, decisionSeq: decision.seq, openedAt: now });
  return decision;
};

/** Names alone are checked as a scope would be. */
const asked = ({ strategy, instrument }: Partial<Scope>): Partial<Scope> => {
  const known = normalScope({ strategy: strategy ?? 'any', instrument: instrument ?? 'ANY' });
  return {
    ...(strategy === undefined ? {} : { strategy: known.strategy }),
    ...(instrument === undefined ? {} : { instrument: known.instrument }),
  };
};

/** Open positions with this id: each strategy and instrument may have one. */
const openOnes = (db: Db, positionId: string, { strategy, instrument }: Partial<Scope>) =>
  db
    .select({ scopeId: scopes.id, strategy: scopes.strategy, instrument: scopes.instrument })
    .from(positions)
    .innerJoin(scopes, eq(scopes.id, positions.scopeId))
    .where(
      and(
        eq(positions.positionId, positionId),
        isNull(positions.closedAt),
        strategy === undefined ? undefined : eq(scopes.strategy, strategy),
        instrument === undefined ? undefined : eq(scopes.instrument, instrument),
      ),
    )
    .all();

/**
 * Closes the position: the next question with its id is a new one. Strategy and instrument may be left out where one open
 * position alone has the id. Throws UnknownPosition where none is open, Conflict where several are.
 */
export const createClosePosition =
  (store: Store, clock: () => number) =>
  ({ positionId, ...where }: Partial<Scope> & { readonly positionId: string }): void => {
    const id = opaqueIdOf('position id', positionId);
    const scope = asked(where);
    store.write((db) => {
      const [one, ...others] = openOnes(db, id, scope);
      if (!one) throw new ControllerError('UnknownPosition', `no open position ${id}`);
      if (others.length > 0)
        throw conflict(
          `position ${id} is open of ${[one, ...others].map(targetOfScope).sort().join(', ')}: send strategy and instrument`,
        );
      db.update(positions)
        .set({ closedAt: clock() })
        .where(and(eq(positions.scopeId, one.scopeId), eq(positions.positionId, id)))
        .run();
    });
  };
