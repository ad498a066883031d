import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Sqlite } from '../../../sqlite.ts';
import { all, type CheckRequest, type FileRow, filesUnder, type Problem, problem } from './store.ts';

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** Files that are claimed by nobody who could complete or give them back, claims that nobody holds. */
const checkClaims = (db: Sqlite.Database): Problem[] => {
  const open = all<{ claim_id: number; fence: number }>(db, 'select * from claims where closed_at is null');
  const stuck = all<FileRow>(db, `select * from files where status = 'processing'`);
  return [
    ...open.map(({ claim_id: id }) => problem('orphan', `claim ${id} is open, and nothing runs`)),
    ...stuck.map((file) => problem('orphan', `${file.path} is processing under fence ${file.claim_fence}`)),
  ];
};

const checkLanding = (db: Sqlite.Database, { dataDir }: CheckRequest): Problem[] => {
  const rows = all<FileRow>(db, 'select * from files');
  const needed = new Set(rows.filter(({ status }) => status !== 'deleted').map((row) => row.path));
  const landed = filesUnder(path.join(dataDir, 'incoming')).map((name) => path.join('incoming', name));
  const months = filesUnder(path.join(dataDir, 'archive')).filter((name) => name.includes('.tmp-'));
  const gone = rows.filter(
    (row) =>
      /^(downloaded|processing|processed)$/.test(row.status) && !existsSync(path.join(dataDir, row.path)),
  );
  return [
    ...landed
      .filter((name) => !needed.has(name))
      .map((name) => problem('orphan', `${name}: no row needs it`)),
    ...months.map((name) => problem('orphan', `archive/${name} is half-written`)),
    ...gone.map((row) => problem('lost', `${row.path} is ${row.status}, and its CSV is gone`)),
  ];
};

const checkModels = (db: Sqlite.Database, { modelsDir }: CheckRequest): Problem[] => {
  const living = db
    .prepare('select version_id from versions where pruned_at is null')
    .pluck()
    .all() as string[];
  const made = namesIn(path.join(modelsDir, 'registry'));
  const staged = namesIn(path.join(modelsDir, 'staging'));
  const links = namesIn(modelsDir).filter((name) => name.startsWith('.current-'));
  return [
    ...made
      .filter((name) => !living.includes(name))
      .map((name) => problem('orphan', `registry/${name}: no version`)),
    ...staged.map((name) => problem('orphan', `staging/${name}: its claim is over`)),
    ...links.map((name) => problem('orphan', `${name}: a link that was never put in place`)),
  ];
};

/** The counts that triggers keep are those of the rows, and the newest of their history. */
const checkCounts = (db: Sqlite.Database): Problem[] => {
  const rows = all<{ status: string; n: number }>(
    db,
    'select status, count(*) as n from files group by status',
  );
  const counted = (where: string) =>
    db
      .prepare(`select downloaded, processing, processed, deleted, quarantined from ${where}`)
      .get() as Record<string, number>;
  const [kept, told] = [counted('file_counts'), counted('file_count_history order by seq desc limit 1')];
  const numbers = new Map(rows.map(({ status, n }) => [status, n]));
  return Object.keys(kept)
    .filter((status) => kept[status] !== (numbers.get(status) ?? 0) || told[status] !== kept[status])
    .map((status) => {
      const is = numbers.get(status) ?? 0;
      return problem('wrong', `${is} files are ${status}; counted ${kept[status]}, told ${told[status]}`);
    });
};

/** Nothing stays that nothing will ever reclaim. To be asked when nothing runs and the janitor was there. */
export const checkOrphans = (db: Sqlite.Database, request: CheckRequest): Problem[] => [
  ...checkClaims(db),
  ...checkCounts(db),
  ...checkLanding(db, request),
  ...checkModels(db, request),
];
