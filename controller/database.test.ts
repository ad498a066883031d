import { count } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { newPath } from './controller.fixture.ts';
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
