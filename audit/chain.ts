import { createHash } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';

/** An audit row as the database has it: columns by their SQL names. */
export type AuditRow = Readonly<Record<string, string | number | null>>;

/** What is needed of a database, or of a transaction on it. */
export interface AuditDb {
  all<T>(query: SQL): T[];
  run(query: SQL): unknown;
}

/** A place in the chain: the number of a row, and the link up to it. */
export interface Link {
  readonly seq: number;
  readonly link: string;
}

/** Before the first row of all. */
export const chainStart: Link = { seq: 0, link: '0'.repeat(64) };

const contentOf = ({ hash: _hash, ...content }: AuditRow): string =>
  JSON.stringify(Object.entries(content).sort(([one], [other]) => (one < other ? -1 : 1)));

/** The hash of the link before and of everything in the row, its number included. */
export const linkOf = (before: string, row: AuditRow): string =>
  createHash('sha256').update(before).update(contentOf(row)).digest('hex');

export const isChained = ({ hash }: AuditRow): boolean => hash !== '' && hash !== null && hash !== undefined;

/** Rows from before there was a chain hold no hash of their own; the first chained row vouches for them. */
export const follow = (before: Link, row: AuditRow): Link => ({
  seq: Number(row['seq']),
  link: linkOf(before.link, row),
});

/** Where the rows that were moved to segments end. */
export const endOfSegments = (db: AuditDb): Link => {
  const [last] = db.all<Link>(
    sql`select last_seq as seq, last_link as link from audit_segments order by last_seq desc limit 1`,
  );
  return last ?? chainStart;
};

/** The newest link. The rows from before the chain are gone through once: the row that follows them is chained. */
const newest = (db: AuditDb): Link => {
  const [last] = db.all<AuditRow>(sql`select * from audit order by seq desc limit 1`);
  if (!last) return endOfSegments(db);
  if (isChained(last)) return { seq: Number(last['seq']), link: String(last['hash']) };
  return db.all<AuditRow>(sql`select * from audit order by seq`).reduce(follow, endOfSegments(db));
};

/** Adds a row, in the caller's transaction, which holds the write lock. */
export const append = (db: AuditDb, content: AuditRow): void => {
  const before = newest(db);
  const row: AuditRow = { seq: before.seq + 1, ...content };
  const all = { ...row, hash: linkOf(before.link, row) };
  const names = Object.keys(all).map((name) => sql.identifier(name));
  const values = Object.values(all).map((value) => sql`${value}`);
  db.run(sql`insert into audit (${sql.join(names, sql`, `)}) values (${sql.join(values, sql`, `)})`);
};
