import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { btc, Crash, crashAt } from '../ledger/ledger.fixture.ts';
import { seriesKey } from '../series.ts';
import { projectChampion } from './current.ts';
import { type PruneRequest, pruneVersions } from './prune.ts';
import { commit, idOf, openRegistry, promote } from './registry.fixture.ts';
import { listVersionDirs, readVersion } from './store.ts';

/** Versions 1 … 6; first 1, then 2 were champions. */
const six = () => {
  const there = openRegistry();
  for (const number of [1, 2, 3, 4, 5, 6]) commit(there, number);
  for (const number of [1, 2]) promote(there, number);
  projectChampion(there);
  return { ...there, archiveDir: join(there.dataDir, 'model-archive') };
};

const prune = (there: ReturnType<typeof six>, more: Partial<PruneRequest> = {}) =>
  pruneVersions({ ledger: there.ledger, modelsDir: there.modelsDir, keep: 2, ...more });

test('old versions go; the newest, the champion and its predecessor stay', () => {
  const there = six();
  expect(prune(there)).toEqual([idOf(4), idOf(3)]);
  expect(listVersionDirs(there.modelsDir)).toEqual([1, 2, 5, 6].map(idOf));
  expect(there.ledger.versionCount()).toBe(4);
  expect(prune(there)).toEqual([]);
  expect(prune(there, { keep: 0 })).toEqual([idOf(6), idOf(5)]);
  expect(listVersionDirs(there.modelsDir)).toEqual([1, 2].map(idOf));
});

test('with an archive each version is copied as a whole before it goes', () => {
  const there = six();
  prune(there, { archiveDir: there.archiveDir });
  expect(readdirSync(there.archiveDir).sort()).toEqual([idOf(3), idOf(4)]);
  expect(readdirSync(join(there.archiveDir, idOf(3))).sort()).toEqual([
    'metadata.json',
    'model.json',
    'version.txt',
  ]);
});

test.each(['version:archived', 'version:marked', 'version:removed'])(
  'after a crash at %s every version that counts is complete, and the next round finishes',
  (point) => {
    const there = six();
    expect(() => prune(there, { archiveDir: there.archiveDir, crash: crashAt(point) })).toThrow(Crash);
    for (const { versionId } of there.ledger.versions({ limit: 9 })) readVersion(there.modelsDir, versionId);
    prune(there, { archiveDir: there.archiveDir });
    expect(listVersionDirs(there.modelsDir)).toEqual([1, 2, 5, 6].map(idOf));
    for (const number of [3, 4])
      expect(existsSync(join(there.archiveDir, idOf(number), 'model.json'))).toBe(true);
    expect(readdirSync(join(there.modelsDir, 'registry')).filter((name) => name.startsWith('.'))).toEqual([]);
  },
);

test('a version that was promoted meanwhile is not removed', () => {
  const there = six();
  const crash = (point: string) => {
    if (point === 'version:archived' && there.ledger.champion()?.versionId === idOf(2)) promote(there, 4);
  };
  expect(prune(there, { crash })).toEqual([idOf(3)]);
  readVersion(there.modelsDir, idOf(4));
});

test('the head of a lineage stays, however old', () => {
  const there = six();
  const series = seriesKey(btc);
  const branch = { lineage: 'before', versionId: idOf(3), headHash: 'hash', nStates: 2 };
  there.ledger.startLineage({ series, actor: 'test', reason: 'test', branch, requeue: [], restored: [] });
  expect(prune(there, { keep: 1 })).toEqual([idOf(5), idOf(4)]);
  expect(listVersionDirs(there.modelsDir)).toEqual([1, 2, 3, 6].map(idOf));
});
