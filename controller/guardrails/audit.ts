import { desc, lt } from 'drizzle-orm';
import { append } from '../../audit/chain.ts';
import { type Rotation, rotateAudit } from '../../audit/segments.ts';
import { type AuditVerdict, verifyAudit } from '../../audit/verify.ts';
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
  append(db, { ...act, until, detail: JSON.stringify(detail), at });
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
      .map(({ hash: _hash, ...row }) => ({
        ...row,
        detail: JSON.parse(row.detail) as Record<string, unknown>,
      }));

/** Moves old rows to a compressed file; gives how many. */
export const createRotateAudit =
  ({ write }: Store, clock: () => number) =>
  (rotation: Omit<Rotation, 'now'>): number =>
    write((db) => rotateAudit(db, { ...rotation, now: clock() }));

/** Finds any row that was altered, removed or put elsewhere. */
export const createVerifyAudit =
  ({ db }: Store) =>
  (folder: string): AuditVerdict =>
    verifyAudit(db, folder);
