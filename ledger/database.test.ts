import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { openDatabase } from './database.ts';
import { freshDir } from './fresh.fixture.ts';

test('a text that is asked again is answered in the form that is asked for, whatever the form before', () => {
  const store = openDatabase({ path: join(freshDir(), 'some.sqlite'), readonly: false });
  const text = sql`select 1 as one, 2 as two`;
  const objects = () => store.read((db) => db.all(text));
  expect(objects()).toEqual([{ one: 1, two: 2 }]);
  expect(store.read((db) => db.values(text))).toEqual([[1, 2]]);
  expect(objects()).toEqual([{ one: 1, two: 2 }]);
  store.close();
});

test('more texts than are kept are answered all the same', () => {
  const store = openDatabase({ path: join(freshDir(), 'some.sqlite'), readonly: false });
  const answers = Array.from({ length: 1_200 }, (_, i) =>
    store.read((db) => db.all(sql.raw(`select ${i % 700} as n`))),
  );
  expect(answers).toEqual(answers.map((_, i) => [{ n: i % 700 }]));
  store.close();
});
