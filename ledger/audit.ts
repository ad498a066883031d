import { desc } from 'drizzle-orm';
import { append } from '../audit/chain.ts';
import { type Rotation, rotateAudit } from '../audit/segments.ts';
import { type AuditVerdict, verifyAudit } from '../audit/verify.ts';
import type { Store, Writer } from './database.ts';
import { audit } from './schema/records.ts';

export interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  /** JSON */
  readonly detail?: unknown;
}

export type AuditRow = typeof audit.$inferSelect;

/** Writes an entry in the transaction of what it tells about, so that neither exists without the other. */
export const record = (tx: Writer, at: number, { actor, action, subject, detail }: AuditEntry): void => {
  append(tx, { at, actor, action, subject, detail: detail == null ? null : JSON.stringify(detail) });
};

export const auditLog = ({ read, write, now }: Store) => ({
  audit: (entry: AuditEntry): void => write((tx) => record(tx, now(), entry)),

  /** Newest first. */
  auditTrail: ({ limit }: { limit: number }): AuditRow[] =>
    read((db) => db.select().from(audit).orderBy(desc(audit.seq)).limit(limit).all()),

  /** Moves rows of before `beforeMs` to a compressed file; gives how many. */
  rotateAudit: (rotation: Omit<Rotation, 'now'>): number =>
    write((tx) => rotateAudit(tx, { ...rotation, now: now() })),

  /** Finds any row that was altered, removed or put elsewhere. */
  verifyAudit: (folder: string): AuditVerdict => read((db) => verifyAudit(db, folder)),
});
