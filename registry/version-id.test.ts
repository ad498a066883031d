import { expect, test } from 'vitest';
import { isVersionId, versionIdOf } from './version-id.ts';

const parts = { claimedAtMs: Date.UTC(2024, 6, 1, 12, 34, 56, 789), nStates: 3, claimId: 7, dataHash: 'abc' };

test('the name follows from the claim and the data, so a retry finds its own directory', () => {
  expect(versionIdOf(parts)).toMatch(/^20240701T123456Z__hmm3__[0-9a-f]{8}$/);
  expect(versionIdOf({ ...parts })).toBe(versionIdOf(parts));
  expect(versionIdOf({ ...parts, claimId: 8 })).not.toBe(versionIdOf(parts));
  expect(versionIdOf({ ...parts, dataHash: 'abd' })).not.toBe(versionIdOf(parts));
});

test('two versions made in the same second have two names', () => {
  const ids = Array.from({ length: 1000 }, (_, claimId) => versionIdOf({ ...parts, claimId }));
  expect(new Set(ids).size).toBe(1000);
});

test.each([2, 12, 'auto'] as const)('a version of %s states has a name that is one', (nStates) => {
  expect(isVersionId(versionIdOf({ ...parts, nStates }))).toBe(true);
});

test.each([
  '',
  '..',
  '20240701T123456Z__hmm3__ABCDEF12',
  '20240701T123456Z__hmm3__abcdef12/',
  '20240701T123456Z__hmm13__abcdef12',
])('%j is no version id', (text) => expect(isVersionId(text)).toBe(false));
