import { sql } from 'drizzle-orm';
import { type AuditDb, type AuditRow, chainStart, isChained, type Link, linkOf } from './chain.ts';
import { readSegment, segmentsOf } from './segments.ts';

export interface AuditVerdict {
  readonly ok: boolean;
  readonly rows: number;
  /** Rows from before there was a chain: the first chained one vouches for all of them together. */
  readonly unchained: number;
  readonly segments: number;
  readonly problems: readonly string[];
}

/** Goes along the chain, and says where it breaks. */
const createWalk = () => {
  const problems: string[] = [];
  let at: Link = chainStart;
  let [rows, unchained] = [0, 0];
  const step = (row: AuditRow): void => {
    const seq = Number(row['seq']);
    if (seq !== at.seq + 1) problems.push(`rows ${at.seq + 1} to ${seq - 1} are missing`);
    const link = linkOf(at.link, row);
    const chained = isChained(row);
    if (!chained && rows > unchained) problems.push(`row ${seq} holds no hash`);
    if (chained && row['hash'] !== link)
      problems.push(
        `row ${seq} does not follow from those before: one of them was altered, removed or moved`,
      );
    rows += 1;
    if (!chained) unchained += 1;
    // From the stored hash on: one broken place is told once.
    at = { seq, link: chained ? String(row['hash']) : link };
  };
  return {
    step,
    problem: (what: string): void => void problems.push(what),
    leap: (to: Link): void => {
      at = to;
    },
    at: (): Link => at,
    end: () => ({ rows, unchained, problems }),
  };
};

type Walk = ReturnType<typeof createWalk>;

const walkSegments = (db: AuditDb, folder: string, walk: Walk): number => {
  const segments = segmentsOf(db);
  for (const segment of segments) {
    try {
      readSegment(folder, segment).forEach(walk.step);
      if (walk.at().link !== segment.last_link)
        walk.problem(`${segment.file} ends on another link than is noted`);
    } catch (error) {
      walk.problem(`segment ${segment.file}: ${(error as Error).message}`);
    }
    walk.leap({ seq: segment.last_seq, link: segment.last_link });
  }
  return segments.length;
};

/** SQLite keeps the largest number ever given: rows that are missing at the end are found by it. */
const lastNumber = (db: AuditDb): number =>
  db.all<{ seq: number }>(sql`select seq from sqlite_sequence where name = 'audit'`)[0]?.seq ?? 0;

/** Reads the whole log, its segments first, and finds any row that was altered, removed or put elsewhere. */
export const verifyAudit = (db: AuditDb, folder: string): AuditVerdict => {
  const walk = createWalk();
  const segments = walkSegments(db, folder, walk);
  db.all<AuditRow>(sql`select * from audit order by seq`).forEach(walk.step);
  const last = lastNumber(db);
  if (last > walk.at().seq) walk.problem(`rows ${walk.at().seq + 1} to ${last} are missing at the end`);
  const { rows, unchained, problems } = walk.end();
  return { ok: problems.length === 0, rows, unchained, segments, problems };
};
