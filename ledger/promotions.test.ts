import { expect, test } from 'vitest';
import { seriesKey } from '../series.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, land, run1, versionNamed } from './ledger.fixture.ts';
import type { PromotionRequest } from './promotions.ts';

const id = (number: number) => versionNamed(number).versionId;

/** A ledger with `count` versions, 1 … count. */
const withVersions = (count: number) => {
  const there = openFresh();
  for (let number = 1; number <= count; number += 1) {
    land(there, { from: number * 2, count: 2 });
    const { claimId } = there.ledger.claim({ ...run1, leaseMs: 1000, series: [seriesKey(btc)] });
    there.ledger.commitVersion({ ...run1, claimId, version: versionNamed(number), dispositions: [] });
  }
  let requests = 0;
  const promote = (number: number, more: Partial<PromotionRequest> = {}) => {
    requests += 1;
    const request = {
      kind: 'promote',
      actor: 'test',
      reason: 'better',
      requestId: `request-${requests}`,
    } as const;
    return there.ledger.promote({ versionId: id(number), ...request, ...more });
  };
  return { ...there, promote };
};

test('the newest promotion is the champion, each under a newer fence', () => {
  const { ledger, promote } = withVersions(2);
  expect(ledger.champion()).toBeUndefined();
  const [first, second] = [promote(1), promote(2)];
  expect(second.fence).toBeGreaterThan(first.fence);
  expect(ledger.champion()).toEqual(second);
  expect(second.previousVersionId).toBe(id(1));
  expect(ledger.promotions({ limit: 1 })).toEqual([second]);
});

test('a promotion repeated is the same row, and its request id serves no other version', () => {
  const { ledger, promote } = withVersions(2);
  const first = promote(1, { requestId: 'one' });
  promote(2);
  expect(promote(1, { requestId: 'one' })).toEqual(first);
  expect(ledger.champion()?.versionId).toBe(id(2));
  expect(() => promote(2, { requestId: 'one' })).toThrow(expect.objectContaining({ code: 'Conflict' }));
});

test('a decision against a champion that is no longer there changes nothing', () => {
  const { ledger, promote } = withVersions(3);
  const conflict = expect.objectContaining({ code: 'Conflict' });
  expect(() => promote(1, { expectedChampion: id(3) })).toThrow(conflict);
  promote(1, { expectedChampion: null });
  expect(() => promote(2, { expectedChampion: null })).toThrow(conflict);
  promote(2, { expectedChampion: id(1) });
  expect(() => promote(3, { expectedChampion: id(1) })).toThrow(conflict);
  expect(ledger.champion()?.versionId).toBe(id(2));
  expect(ledger.promotions({ limit: 9 })).toHaveLength(2);
});

test('an unknown version is not promoted', () => {
  const { promote } = withVersions(1);
  expect(() => promote(7)).toThrow(expect.objectContaining({ code: 'NotFound' }));
});

test('rollback after rollback goes further back, and never to what was left', () => {
  const { ledger, promote } = withVersions(4);
  for (const number of [1, 2, 3]) promote(number);
  expect(ledger.predecessor()).toBe(id(2));
  promote(2, { kind: 'rollback' });
  expect(ledger.predecessor()).toBe(id(1));
  promote(1, { kind: 'rollback' });
  expect(ledger.predecessor()).toBeUndefined();
  promote(4);
  expect(ledger.predecessor()).toBe(id(1));
});

test('champion, predecessor and the version that was just left are never pruned', () => {
  const { ledger, promote } = withVersions(6);
  for (const number of [1, 2, 3]) promote(number);
  promote(2, { kind: 'rollback' });
  const prunable = ledger.prunableVersions({ keep: 1 }).map(({ versionId }) => versionId);
  expect(prunable).toEqual([id(5), id(4)]);
  for (const number of [1, 2, 3]) expect(ledger.markPruned(id(number))).toBe(false);
});

test('what was pruned is neither listed nor promoted, but its row stays', () => {
  const { ledger, promote } = withVersions(2);
  promote(2);
  expect(ledger.markPruned(id(1))).toBe(true);
  expect(ledger.versions({ limit: 9 }).map(({ versionId }) => versionId)).toEqual([id(2)]);
  expect(ledger.versionCount()).toBe(1);
  expect(ledger.version(id(1))?.prunedAt).not.toBeNull();
  expect(() => promote(1)).toThrow(expect.objectContaining({ code: 'NotFound' }));
});

test('the head of a lineage is never pruned', () => {
  const there = withVersions(1);
  land(there, { from: 4, count: 2 });
  const series = seriesKey(btc);
  const { claimId } = there.ledger.claim({ ...run1, leaseMs: 1000, series: [series] });
  const heads = [{ lineage: `${series}#1`, series, from: null, headHash: 'f'.repeat(64), nStates: 2 }];
  there.ledger.commitVersion({ ...run1, claimId, version: versionNamed(9), dispositions: [], heads });
  expect(there.ledger.markPruned(id(9))).toBe(false);
});

test('a version is rolled back from the rollback that left it until it serves again', () => {
  const { ledger, promote } = withVersions(3);
  for (const number of [1, 2, 3]) promote(number);
  expect(ledger.rolledBack()).toEqual(new Map());
  const { createdAt } = promote(2, { kind: 'rollback' });
  expect(ledger.rolledBack()).toEqual(new Map([[id(3), createdAt]]));
  promote(3);
  expect(ledger.rolledBack()).toEqual(new Map());
});
