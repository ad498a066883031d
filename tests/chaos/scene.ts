import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Sqlite } from '../../sqlite.ts';

/** Where the state of a loop lies. */
export interface Places {
  readonly ledgerFile: string;
  readonly dataDir: string;
  readonly modelsDir: string;
}

export type Hit = 'claim' | 'file' | 'swap';

const names = (folder: string, recursive = false): string[] =>
  existsSync(folder) ? readdirSync(folder, { recursive }).map(String) : [];

/** What is written again is another one. */
const stamped = (file: string): string => `${file} ${statSync(file, { throwIfNoEntry: false })?.mtimeMs}`;

/** Files and directories that are written and that no row of the ledger speaks of. */
const uncommitted = (db: Sqlite.Database, { dataDir, modelsDir }: Places): string[] => {
  const known = new Set(db.prepare('select path from files').pluck().all() as string[]);
  const versions = new Set(db.prepare('select version_id from versions').pluck().all() as string[]);
  const landed = names(path.join(dataDir, 'incoming'), true)
    .filter((name) => name.endsWith('.csv'))
    .map((name) => path.join('incoming', name))
    .filter((name) => !known.has(name));
  const months = names(path.join(dataDir, 'archive'), true).filter((name) => name.includes('.tmp-'));
  const made = names(path.join(modelsDir, 'registry')).filter((name) => !versions.has(name));
  const staged = names(path.join(modelsDir, 'staging'), true).filter((name) => name.endsWith('.json'));
  const at =
    (...folder: string[]) =>
    (name: string) =>
      stamped(path.join(...folder, name));
  return [
    ...landed.map(at(dataDir)),
    ...months.map(at(dataDir, 'archive')),
    ...made.map(at(modelsDir, 'registry')),
    ...staged.map(at(modelsDir, 'staging')),
  ];
};

const links = (modelsDir: string): string[] =>
  names(modelsDir).filter((name) => name.startsWith('.current-'));

/**
 * Says what a process that died just now was in the middle of: an open claim, an uncommitted file, an unfinished swap.
 * What an earlier death left behind does not count again.
 */
export const openScene = (places: Places) => {
  const seen = new Set<string>();
  const look = (db: Sqlite.Database, remember: boolean): Hit[] => {
    const isNew = (name: string): boolean => {
      const fresh = !seen.has(name);
      if (remember) seen.add(name);
      return fresh;
    };
    // Leases are counted on the ledger's own clock.
    const open = db
      .prepare(
        'select count(*) from claims where closed_at is null and lease_until > (select max(now_ms) from lease_clock)',
      )
      .pluck();
    const unlinked = db
      .prepare('select linked_at is null from promotions order by fence desc limit 1')
      .pluck()
      .get();
    const files = uncommitted(db, places).filter(isNew);
    const swaps = links(places.modelsDir).filter(isNew);
    return [
      ...(Number(open.get()) > 0 ? ['claim' as const] : []),
      ...(files.length > 0 ? ['file' as const] : []),
      ...(swaps.length > 0 || unlinked === 1 ? ['swap' as const] : []),
    ];
  };
  return ({ remember = true }: { remember?: boolean } = {}): Hit[] => {
    if (!existsSync(places.ledgerFile)) return [];
    const db = new Sqlite(places.ledgerFile, { readonly: true, timeout: 5_000 });
    try {
      return look(db, remember);
    } finally {
      db.close();
    }
  };
};
