import { and, eq, isNull } from 'drizzle-orm';
import type { Db, Store } from './database.ts';
import { type DecisionRow, decisionBySeq } from './decision-rows.ts';
import { ControllerError } from './errors.ts';
import { opaqueIdOf } from './names.ts';
import { positions } from './schema.ts';

/** The decision that an open position was opened with. */
export const findHeldDecision = (db: Db, scopeId: number, positionId: string): DecisionRow | undefined => {
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

/** Closes the position: the next question with its id is a new one. Throws UnknownPosition where none is open. */
export const createClosePosition =
  (store: Store, clock: () => number) =>
  (positionId: string): void => {
    const id = opaqueIdOf('position id', positionId);
    store.write((db) => {
      const open = and(eq(positions.positionId, id), isNull(positions.closedAt));
      const { changes } = db.update(positions).set({ closedAt: clock() }).where(open).run();
      if (changes === 0) throw new ControllerError('UnknownPosition', `no open position ${id}`);
    });
  };
