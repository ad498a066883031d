import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Sqlite } from '../../../sqlite.ts';
import { all, type CheckRequest, type Problem, problem } from './store.ts';

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
