import { desc } from 'drizzle-orm';
import type { Store, Writer } from './database.ts';
import { audit } from './schema.ts';

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
  tx.insert(audit)
    .values({ at, actor, action, subject, detail: detail ?? null })
    .run();
};

export const auditLog = ({ read, write, now }: Store) => ({
  audit: (entry: AuditEntry): void => write((tx) => record(tx, now(), entry)),

  /** Newest first. */
  auditTrail: ({ limit }: { limit: number }): AuditRow[] =>
    read((db) => db.select().from(audit).orderBy(desc(audit.seq)).limit(limit).all()),
});
