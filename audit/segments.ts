import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sql } from 'drizzle-orm';
import { writeDurably } from '../ledger/durable-file.ts';
import { type AuditDb, type AuditRow, endOfSegments, follow, type Link } from './chain.ts';

/** Rows that were moved to a file, and the links on both ends. */
export interface Segment {
  readonly first_seq: number;
  readonly last_seq: number;
  readonly first_link: string;
  readonly last_link: string;
  readonly file: string;
  readonly sha256: string;
  readonly moved_at: number;
}

export const segmentsOf = (db: AuditDb): Segment[] =>
  db.all<Segment>(sql`select * from audit_segments order by first_seq`);

export interface Rotation {
  /** Where the segments of this log lie. */
  readonly folder: string;
  /** Rows that are older than this move out. */
  readonly beforeMs: number;
  readonly now: number;
  readonly mostRows?: number;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const pad = (seq: number): string => String(seq).padStart(12, '0');

/** From the oldest on, up to the first row that stays: the chain is cut at one place. */
const rowsToMove = (db: AuditDb, { beforeMs, mostRows = 10_000 }: Rotation): AuditRow[] => {
  const rows = db.all<AuditRow>(sql`select * from audit order by seq limit ${mostRows}`);
  const stays = rows.findIndex(({ at }) => Number(at) >= beforeMs);
  return stays < 0 ? rows : rows.slice(0, stays);
};

const writeSegment = (rows: readonly AuditRow[], before: Link, { folder, now }: Rotation): Segment => {
  const end = rows.reduce(follow, before);
  const bytes = gzipSync(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const file = `${pad(before.seq + 1)}-${pad(end.seq)}-${end.link.slice(0, 12)}.jsonl.gz`;
  writeDurably(path.join(folder, file), bytes);
  return {
    ...{ first_seq: before.seq + 1, last_seq: end.seq, first_link: before.link, last_link: end.link },
    ...{ file, sha256: sha256(bytes), moved_at: now },
  };
};

/**
 * Moves old rows to a compressed file that is never written again, in the caller's transaction: the file is on disk
 * before the rows go, and a crash in between leaves both, of which the next rotation writes the same file again. Gives
 * the number of rows.
 */
export const rotateAudit = (db: AuditDb, rotation: Rotation): number => {
  const rows = rowsToMove(db, rotation);
  if (rows.length === 0) return 0;
  const segment = writeSegment(rows, endOfSegments(db), rotation);
  const names = Object.keys(segment).map((name) => sql.identifier(name));
  const values = Object.values(segment).map((value: string | number) => sql`${value}`);
  db.run(sql`insert into audit_segments (${sql.join(names, sql`, `)}) values (${sql.join(values, sql`, `)})`);
  db.run(sql`delete from audit where seq <= ${segment.last_seq}`);
  return rows.length;
};

/** The rows of a segment; throws where the file is gone, or is not what was written. */
export const readSegment = (folder: string, { file, sha256: wanted }: Segment): AuditRow[] => {
  const bytes = readFileSync(path.join(folder, file));
  if (sha256(bytes) !== wanted) throw new Error(`${file} is not what was written`);
  return gunzipSync(bytes)
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditRow);
};
