import { cpSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { Sqlite } from '../sqlite.ts';
import { freshDir } from './fresh.fixture.ts';

/** All tables of a database, but for what is drawn at random. */
const rowsOf = (file: string): Record<string, unknown[]> => {
  const db = new Sqlite(file, { readonly: true });
  const tables = db.prepare(`select name from sqlite_schema where type = 'table'`).pluck().all() as string[];
  const rows = tables.map(
    (table) => [table, db.prepare(`select * from "${table}"`).all() as object[]] as const,
  );
  db.close();
  const drawn = { alert_id: 'drawn' };
  return Object.fromEntries(
    rows.map(([table, all]) => [table, all.map((row) => ('alert_id' in row ? { ...row, ...drawn } : row))]),
  );
};

const copyOf = (dir: string): string => {
  const copy = freshDir();
  cpSync(dir, copy, { recursive: true });
  return copy;
};

export interface Killed {
  /** A directory with the state before. */
  readonly before: string;
  /** Name of the database in it. */
  readonly file: string;
  /** Does the act, and calls `passed` at its points. */
  readonly act: (dir: string, passed: (point: string) => void) => void | Promise<void>;
}

/**
 * Killed before its commit it has stored nothing, and can be done again; killed behind it, all. What a SIGKILL leaves is
 * what the files hold at that moment, so they are copied there, log and all, while the act goes on.
 */
export const expectAllOrNothing = async ({ before, file, act }: Killed): Promise<void> => {
  const stored = (dir: string) => rowsOf(path.join(dir, file));
  const left = new Map<string, string>();
  const done = copyOf(before);
  await act(done, (point) => left.set(point.split(':')[1] as string, copyOf(done)));
  const [early, late] = [left.get('uncommitted') as string, left.get('committed') as string];
  expect(stored(done)).not.toEqual(stored(before));
  expect(stored(early)).toEqual(stored(before));
  expect(stored(late)).toEqual(stored(done));
  await act(early, () => {});
  expect(stored(early)).toEqual(stored(done));
};
