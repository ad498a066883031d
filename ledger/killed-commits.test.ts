import { expect, test } from 'vitest';
import { commits } from './crash-points.ts';
import { freshDir } from './fresh.fixture.ts';
import { expectAllOrNothing } from './killed.fixture.ts';
import { acts, type KilledCommit, ledgerName, openThere } from './killed-commits.fixture.ts';

const names = Object.keys(acts) as KilledCommit[];

test('every commit of the table that no world of tests/chaos dies in is one of these', () => {
  const mine = Object.entries(commits).filter(([, by]) => by.startsWith('ledger'));
  expect([...names].sort()).toEqual(mine.map(([name]) => name).sort());
});

test.each(names)('killed at the commit of %s: all of it is stored, or nothing', async (name) => {
  const before = freshDir();
  const there = openThere(before);
  acts[name].prepare?.(there);
  there.ledger.close();
  const act = (dir: string, passed: (point: string) => void): void => {
    const own = openThere(dir, passed);
    acts[name].act(own);
    own.ledger.close();
  };
  await expectAllOrNothing({ before, file: ledgerName, act });
});
