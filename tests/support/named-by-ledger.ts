import { readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { archivePath } from '../../ledger/archive-files.ts';
import { sha256Of } from '../../ledger/candle-file.ts';
import { ifThere } from '../../ledger/durable-file.ts';
import { isRegistryError } from '../../registry/errors.ts';
import { isComplete, readVersionIn } from '../../registry/store.ts';
import { parseSeries } from '../../series.ts';
import { Sqlite } from '../../sqlite.ts';

/** What a ledger says that is there: what is committed, as another process sees it. */
export interface Named {
  readonly files: readonly { path: string; sha256: string }[];
  readonly months: readonly { series: string; month: string; sha256: string }[];
  readonly living: readonly { id: string; hash: string }[];
  readonly pruned: readonly { id: string; hash: string }[];
  /** The newest promotion; its link may be on its way until it is recorded. */
  readonly champion: readonly { id: string; linked: number | null }[];
}

export const namedBy = (ledgerFile: string): Named => {
  const db = new Sqlite(ledgerFile, { readonly: true });
  const rows = <T>(text: string): T[] => db.prepare<[], T>(text).all();
  const versions = 'select version_id as id, model_hash as hash from versions where pruned_at';
  try {
    return {
      files: rows(`select path, sha256 from files where status <> 'deleted'`),
      months: rows('select series, month, sha256 from archive_months where next_sha256 is null'),
      living: rows(`${versions} is null`),
      pruned: rows(`${versions} is not null`),
      champion: rows(
        'select version_id as id, linked_at as linked from promotions order by fence desc limit 1',
      ),
    };
  } finally {
    db.close();
  }
};

export interface Folders {
  readonly dataDir: string;
  readonly modelsDir: string;
  readonly archiveDir: string;
}

const isKept = (folder: string, id: string, hash: string): boolean => {
  try {
    return readVersionIn(folder, id, hash).modelHash === hash;
  } catch (error) {
    if (isRegistryError(error)) return false;
    throw error;
  }
};

/** What the ledger names and the disk does not have, or has with other bytes. */
export const missingOf = (named: Named, { dataDir, modelsDir, archiveDir }: Folders): string[] => {
  const holds = (path: string, sha256: string) => ifThere(() => sha256Of(readFileSync(path))) === sha256;
  const monthOf = ({ series, month }: Named['months'][number]) =>
    archivePath(dataDir, parseSeries(series), month);
  const link = basename(ifThere(() => readlinkSync(join(modelsDir, 'current'))) ?? '');
  const isServed = ({ id, linked }: Named['champion'][number]) =>
    linked === null ? link === '' || isComplete(modelsDir, link) : link === id;
  return [
    ...named.files.filter(({ path, sha256 }) => !holds(join(dataDir, path), sha256)).map(({ path }) => path),
    ...named.months.filter((row) => !holds(monthOf(row), row.sha256)).map(({ month }) => month),
    ...named.living.filter(({ id, hash }) => !isComplete(modelsDir, id, hash)).map(({ id }) => id),
    ...named.pruned.filter(({ id, hash }) => !isKept(archiveDir, id, hash)).map(({ id }) => `archived ${id}`),
    ...named.champion.filter((row) => !isServed(row)).map(({ id }) => `the link to ${id}`),
  ];
};
