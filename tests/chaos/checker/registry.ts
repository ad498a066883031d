import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Sqlite } from '../../../sqlite.ts';
import { all, type CheckRequest, notes, type Problem, problem } from './store.ts';

interface VersionRow {
  readonly version_id: string;
  readonly model_hash: string;
}

interface Metadata {
  readonly model_hash: string;
  readonly file_ids: readonly string[];
}

const metadataOf = (dir: string): Metadata =>
  JSON.parse(readFileSync(path.join(dir, 'metadata.json'), 'utf8')) as Metadata;

const whyBroken = (dir: string, { version_id: id, model_hash: hash }: VersionRow): string | undefined => {
  if (!existsSync(dir)) return 'is not there';
  const model = createHash('sha256')
    .update(readFileSync(path.join(dir, 'model.json')))
    .digest('hex');
  if (readFileSync(path.join(dir, 'version.txt'), 'utf8').trim() !== id) return 'names another version';
  return model === hash && metadataOf(dir).model_hash === hash ? undefined : 'holds another model';
};

const currentOf = (modelsDir: string): string | undefined => {
  const link = path.join(modelsDir, 'current');
  return existsSync(link) ? path.basename(realpathSync(link)) : undefined;
};

/** Each version that was not pruned is whole, and `current` is the one that was promoted last. */
export const checkRegistry = (db: Sqlite.Database, { modelsDir }: CheckRequest): Problem[] => {
  const living = all<VersionRow>(db, 'select * from versions where pruned_at is null');
  const broken = living.flatMap((row) => {
    const why = whyBroken(path.join(modelsDir, 'registry', row.version_id), row);
    return why === undefined ? [] : [problem('torn', `${row.version_id} ${why}`)];
  });
  const champion = db
    .prepare('select version_id from promotions order by fence desc limit 1')
    .pluck()
    .get() as string | undefined;
  const current = currentOf(modelsDir);
  if (current === champion) return broken;
  return [...broken, problem('torn', `current is ${current}, the ledger promoted ${champion}`)];
};

/** No file went into two versions: each was claimed under one fence that became one. */
export const checkVersions = (
  db: Sqlite.Database,
  { modelsDir, modelArchiveDir }: CheckRequest,
): Problem[] => {
  const by = new Map<string, string>();
  const folders = [path.join(modelsDir, 'registry'), modelArchiveDir];
  return all<VersionRow>(db, 'select * from versions order by seq').flatMap((row) => {
    const dir = folders.map((folder) => path.join(folder, row.version_id)).find((name) => existsSync(name));
    if (dir === undefined) return [problem('lost', `${row.version_id} is neither kept nor archived`)];
    return metadataOf(dir).file_ids.flatMap((file) => {
      const other = by.get(file);
      by.set(file, row.version_id);
      return other === undefined
        ? []
        : [problem('doubled', `${file} is in ${other} and in ${row.version_id}`)];
    });
  });
};

interface Sample {
  readonly torn?: string;
  readonly watermarks: Readonly<Record<string, number>>;
  readonly promoted: number;
  readonly fence: number;
  /** The newest promotion of what `current` pointed to. */
  readonly serving: number;
}

const wentBack = (name: string, before: number | undefined, now: number | undefined): Problem[] =>
  before === undefined || (now !== undefined && now >= before)
    ? []
    : [problem('wrong', `${name} went back from ${before} to ${now}`)];

/** What was seen while the loop ran: no read was torn, and no watermark or fence ever went back. */
export const checkWitness = (db: Sqlite.Database, { witnessed }: CheckRequest): Problem[] => {
  const seen = notes<Sample>(witnessed);
  const torn = seen.flatMap((one) => (one.torn === undefined ? [] : [problem('torn', one.torn)]));
  const watermarks = db.prepare('select name, value from watermarks').raw().all() as [string, number][];
  const now: Sample = {
    watermarks: Object.fromEntries(watermarks),
    promoted: Number(db.prepare('select coalesce(max(fence), 0) from promotions').pluck().get()),
    fence: Number(db.prepare('select fence from meta').pluck().get()),
    serving: Number.MAX_SAFE_INTEGER,
  };
  const samples = [...seen.filter((one) => one.torn === undefined), now];
  const back = samples.flatMap((sample, i) => {
    const before = samples[i - 1];
    if (!before) return [];
    return [
      ...wentBack('the fence', before.fence, sample.fence),
      ...wentBack('the fence of the newest promotion', before.promoted, sample.promoted),
      ...wentBack('the promotion that is served', before.serving, sample.serving),
      ...Object.entries(before.watermarks).flatMap(([name, value]) =>
        wentBack(name, value, sample.watermarks[name]),
      ),
    ];
  });
  return [...torn, ...back];
};
