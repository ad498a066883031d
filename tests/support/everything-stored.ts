import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { Sqlite } from '../../sqlite.ts';

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

const contentOf = (file: string): string =>
  lstatSync(file).isSymbolicLink() ? `-> ${readlinkSync(file)}` : hashOf(file);

/** Every file and link below a folder, with the hash of its bytes or where it points. */
const filesBelow = (folder: string): Record<string, string> =>
  Object.fromEntries(
    (existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [])
      .filter((entry) => !entry.isDirectory())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => [path.relative(folder, file), contentOf(file)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Every row of every table; the lease clock alone may run on. */
const rowsOf = (ledgerFile: string): Record<string, unknown[]> => {
  const db = new Sqlite(ledgerFile, { readonly: true });
  try {
    const tables = db
      .prepare<[], { name: string }>("select name from sqlite_master where type = 'table'")
      .all()
      .map(({ name }) => name)
      .filter((name) => name !== 'lease_clock');
    return Object.fromEntries(tables.map((name) => [name, db.prepare(`select * from "${name}"`).all()]));
  } finally {
    db.close();
  }
};

/** Ledger, candles, registry and link, to be compared with what they are later. */
export const everythingStored = (paths: {
  readonly ledgerFile: string;
  readonly dataDir: string;
  readonly modelsDir: string;
}) => ({
  ledger: rowsOf(paths.ledgerFile),
  candles: filesBelow(path.join(paths.dataDir, 'incoming')),
  archive: filesBelow(path.join(paths.dataDir, 'archive')),
  models: filesBelow(paths.modelsDir),
});
