import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { count } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { Sqlite } from '../sqlite.ts';
import { newPath, refusal } from './controller.fixture.ts';
import { openStore } from './database.ts';
import { memoryOf } from './per-connection.ts';
import { meta } from './schema.ts';

const openTwo = () => {
  const path = newPath();
  const [one, two] = [path, path].map((file) => openStore({ path: file, domain: 'production' }));
  return [one!, two!] as const;
};

describe('a batch', () => {
  test('stores what succeeds and undoes what throws, each on its own', () => {
    const [store, other] = openTwo();
    const put = (name: string, fails: boolean) => () =>
      store.write((db) => {
        db.insert(meta).values({ name, value: '1' }).run();
        if (fails) throw new Error(`refused ${name}`);
        return name;
      });
    const results = store.batch([put('a', false), put('b', true), put('c', false)]);
    expect(results).toEqual([
      { ok: true, value: 'a' },
      { ok: false, error: new Error('refused b') },
      { ok: true, value: 'c' },
    ]);
    const names = other.db.select({ name: meta.name }).from(meta).all();
    expect(names.map(({ name }) => name).sort()).toEqual(['a', 'c', 'domain']);
  });
});

describe('a file that another program made', () => {
  /** Such as a param_controller that had tables of the same names. */
  const older = () => {
    const path = newPath();
    const db = new Sqlite(path);
    db.exec('CREATE TABLE presets (preset_id TEXT, params TEXT); CREATE TABLE outcomes (reward REAL)');
    db.exec("INSERT INTO presets VALUES ('fast', '{}')");
    db.close();
    return path;
  };

  test('is refused with its path, what it is and what to do, and not one byte of it changes', () => {
    const path = older();
    const before = readFileSync(path);
    const { message } = refusal(() => openStore({ path, domain: 'production' }), 'Conflict');
    expect(message).toContain(`PC_DB ${path} is no parameter store of Autotrain`);
    expect(message).toContain('its tables: outcomes, presets');
    expect(message).toContain('Set PC_DB to a file that is not there yet');
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(dirname(path))).toEqual([basename(path)]);
  });

  test('is none when it is empty, or a store of ours', () => {
    const path = newPath();
    writeFileSync(path, '');
    openStore({ path, domain: 'production' }).close();
    openStore({ path, domain: 'production' }).close();
  });
});

describe('what is remembered of the store', () => {
  test('is kept over own writes, and forgotten when another connection wrote', () => {
    const [store, other] = openTwo();
    store.write((db) => memoryOf(db).set('k', 1));
    store.write((db) => expect(memoryOf(db).get('k')).toBe(1));
    other.write((db) => db.insert(meta).values({ name: 'x', value: '1' }).run());
    store.write((db) => expect(memoryOf(db).has('k')).toBe(false));
  });

  test('is forgotten when a write is undone', () => {
    const [store] = openTwo();
    const failing = () =>
      store.write((db) => {
        memoryOf(db).set('k', 1);
        throw new Error('no');
      });
    expect(failing).toThrow('no');
    expect(memoryOf(store.db).has('k')).toBe(false);
    expect(store.db.select({ n: count() }).from(meta).get()?.n).toBe(1);
  });
});
