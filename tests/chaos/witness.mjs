// Looks on: opens `current` as a reader does and sees whether what it holds fits together, and notes from time to time
// where watermarks and fences stand, so that the checker can tell whether one ever went back.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { Sqlite } from '../../dist/sqlite.js';

const [, , modelsDir, ledgerFile, notes] = process.argv;
let seen = false;
let reads = 0;

const problemOf = () => {
  let dir;
  try {
    dir = realpathSync(path.join(modelsDir, 'current'));
    const part = (name) => readFileSync(path.join(dir, name), 'utf8');
    const name = part('version.txt').trim();
    const { model_hash: hash } = JSON.parse(part('metadata.json'));
    const model = createHash('sha256').update(part('model.json')).digest('hex');
    seen = true;
    if (name !== path.basename(dir)) return `${dir} names itself ${name}`;
    return model === hash ? undefined : `${dir}: another model than metadata.json says`;
  } catch (error) {
    return seen ? `${dir ?? 'current'}: ${error.message}` : undefined;
  }
};

const note = (line) => appendFileSync(notes, `${JSON.stringify(line)}\n`);

const read = () => {
  reads += 1;
  const torn = problemOf();
  if (torn !== undefined) note({ torn });
};

/** Asked before the ledger: a promotion between the two makes its fence newer, never older. */
const currentVersion = () => {
  try {
    return path.basename(realpathSync(path.join(modelsDir, 'current')));
  } catch {
    return '';
  }
};

let db;
const sample = () => {
  if (!existsSync(ledgerFile)) return;
  try {
    db ??= new Sqlite(ledgerFile, { readonly: true, timeout: 2000 });
    const watermarks = Object.fromEntries(db.prepare('select name, value from watermarks').raw().all());
    const promoted = db.prepare('select coalesce(max(fence), 0) from promotions').pluck().get();
    const fence = db.prepare('select fence from meta').pluck().get();
    const served = db.prepare('select coalesce(max(fence), 0) from promotions where version_id = ?').pluck();
    note({ at: Date.now(), watermarks, promoted, fence, reads, serving: served.get(currentVersion()) });
  } catch (error) {
    // The tables are being made.
    if (!/no such table|SQLITE_(BUSY|CANTOPEN)/.test(`${error.code} ${error.message}`)) throw error;
  }
};

setInterval(read, 5);
setInterval(sample, 200);
process.on('disconnect', () => process.exit(0));
