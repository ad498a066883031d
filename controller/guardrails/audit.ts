import { desc, lt } from 'drizzle-orm';
import type { Db, Store } from '../database.ts';
import { checkedLimit, cursorSeq } from '../pages.ts';
import { audit } from '../schema.ts';
import type { Target } from './targets.ts';

/** Who changed what serves, why, and until when. */
export interface Act {
  readonly actor: string;
  readonly action: string;
  readonly target: Target;
  readonly reason: string;
  readonly until?: number | null;
  readonly detail?: object;
}

export const recordAct = (db: Db, { until = null, detail = {}, ...act }: Act, at: number): void => {
  db.insert(audit)
    .values({ ...act, until, detail: JSON.stringify(detail), at })
    .run();
};

/** The audit log, newest first. */
export const createAudit =
  ({ db }: Store) =>
  ({ limit, cursor }: { limit: number; cursor?: string }) =>
    db
      .select()
      .from(audit)
      .where(cursor === undefined ? undefined : lt(audit.seq, cursorSeq(cursor)))
      .orderBy(desc(audit.seq))
      .limit(checkedLimit(limit))
      .all()
      .map((row) => ({ ...row, detail: JSON.parse(row.detail) as Record<string, unknown> }));
