import { eq } from 'drizzle-orm';
import type { Db } from './database.ts';
import { type DecisionRow, findRequest } from './decision-rows.ts';
import { ControllerError } from './errors.ts';
import { type Constraint, isProtective } from './guardrails/forced.ts';
import type { HotScope } from './ready-scope.ts';
import { decisions } from './schema.ts';

/** What makes a request the one that was answered before. */
interface Repeat {
  readonly requestKey: string | null;
  readonly askedHash: string;
  readonly positionId: string | null;
}

/** The decision that this very request got before. Throws Conflict when its key came with another question. */
export const earlierDecision = (
  db: Db,
  { requestKey, askedHash, positionId }: Repeat,
): DecisionRow | undefined => {
  const known = requestKey === null ? undefined : findRequest(db, requestKey);
  if (!known || (known.askedHash === askedHash && known.positionId === positionId)) return known;
  throw new ControllerError('Conflict', 'this Idempotency-Key was used for another question');
};

/** A repeat gets what it got before while that may still be served: its arm has not left, and no kill and no lock came since. */
export const mayRepeat = (
  { arms }: HotScope,
  { armId, forcedBy }: DecisionRow,
  { forced }: Constraint,
): boolean => {
  if (forced && isProtective(forced)) return forcedBy === forced.by && armId === arms[forced.arm]!.id;
  return arms.some(({ id }) => id === armId);
};

/** From now on the key stands for the decision that is made in its place. */
export const giveKeyUp = (db: Db, { seq }: DecisionRow): void => {
  db.update(decisions).set({ requestKey: null }).where(eq(decisions.seq, seq)).run();
};
