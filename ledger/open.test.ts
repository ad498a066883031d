import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshDir } from './fresh.fixture.ts';
import { openLedger } from './open.ts';

const freshPath = () => join(freshDir(), 'manifest.sqlite');

test('a ledger opens only under the domain it was made for, and is not touched by the other', () => {
  const path = freshPath();
  openLedger({ path, domain: 'production' }).close();
  expect(() => openLedger({ path, domain: 'research' })).toThrow(/domain "production"/);
  expect(() => openLedger({ path, domain: 'research', readonly: true })).toThrow(/domain "production"/);
  openLedger({ path, domain: 'production' }).close();
});

test('a ledger that is not there is not made by a reader', () => {
  expect(() => openLedger({ path: freshPath(), domain: 'production', readonly: true })).toThrow();
});
