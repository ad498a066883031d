import { expect, test } from 'vitest';
import { seriesKey } from '../series.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, eth, land, run1, run2, stranger, versionNamed } from './ledger.fixture.ts';

const both = [btc, eth].map(seriesKey);
const fenced = expect.objectContaining({ code: 'Fenced' });
const notOpen = expect.objectContaining({ code: 'ClaimNotOpen' });

/** Two files of BTC, one of ETH. */
const withFiles = () => {
  const there = openFresh();
  land(there, { from: 0, count: 2 });
  land(there, { from: 2, count: 2 });
  land(there, { series: eth, from: 0, count: 2 });
  return there;
};

const claimed = () => {
  const there = withFiles();
  const claim = there.ledger.claim({ ...run1, leaseMs: 1000, series: both });
  return { ...there, claim, claimId: claim.claimId };
};

test('a claim takes every waiting file of its series, and repeated in the same run it is the same', () => {
  const { ledger, claim } = claimed();
  expect(claim.files).toHaveLength(3);
  expect(ledger.claim({ ...run1, leaseMs: 1000, series: both })).toEqual(claim);
  expect(ledger.claim({ ...stranger, leaseMs: 1000, series: both }).files).toEqual([]);
  expect(ledger.openClaims()).toEqual([claim]);
});

test('a claim takes no file of a series that it did not ask for', () => {
  const { ledger } = withFiles();
  const claim = ledger.claim({ ...run1, leaseMs: 1000, series: [seriesKey(eth)] });
  expect(claim.files.map(({ symbol }) => symbol)).toEqual(['ETH/USDT']);
  expect(ledger.fileCounts()).toMatchObject({ downloaded: 2, processing: 1 });
});

test('fences only grow, from claim to promotion', () => {
  const { ledger, claim } = claimed();
  ledger.commitVersion({ ...run1, claimId: claim.claimId, version: versionNamed(1), dispositions: [] });
  const promoted = ledger.promote({
    ...{ versionId: versionNamed(1).versionId, kind: 'promote', actor: 'test', reason: '', requestId: 'r' },
  });
  expect(promoted.fence).toBeGreaterThan(claim.fence);
});

test('holding renews the lease of the claim and of its files, and never shortens it', () => {
  const { ledger, clock, claimId } = claimed();
  clock.now += 600;
  const held = ledger.hold({ ...run1, claimId, leaseMs: 1000 });
  expect(held.leaseUntil).toBe(clock.now + 1000);
  expect(held.files.every(({ leaseUntil }) => leaseUntil === held.leaseUntil)).toBe(true);
  expect(ledger.hold({ ...run1, claimId, leaseMs: 1 }).leaseUntil).toBe(held.leaseUntil);
});

test('a lease that ended is not revived, whether or not the janitor was there', () => {
  const { ledger, clock, claimId } = claimed();
  clock.now += 1000;
  const version = versionNamed(1);
  expect(() => ledger.hold({ ...run1, claimId, leaseMs: 1000 })).toThrow(fenced);
  expect(() => ledger.hold({ ...run2, claimId, leaseMs: 1000 })).toThrow(fenced);
  expect(() => ledger.commitVersion({ ...run1, claimId, version, dispositions: [] })).toThrow(fenced);
  expect(ledger.sweepExpiredClaims(5)).toEqual({ requeued: 3, quarantined: 0, claims: [claimId] });
  expect(() => ledger.hold({ ...run1, claimId, leaseMs: 1000 })).toThrow(fenced);
  expect(() => ledger.commitVersion({ ...run1, claimId, version, dispositions: [] })).toThrow(fenced);
  expect(ledger.version(version.versionId)).toBeUndefined();
  expect(ledger.fileCounts()).toMatchObject({ downloaded: 3, processing: 0, processed: 0 });
});

test('the sweep leaves a live lease alone', () => {
  const { ledger, clock } = claimed();
  clock.now += 999;
  expect(ledger.sweepExpiredClaims(5)).toEqual({ requeued: 0, quarantined: 0, claims: [] });
  expect(ledger.fileCounts().processing).toBe(3);
});

test('a run made by Reset takes over: same files, new fence, and the old body is fenced for good', () => {
  const { ledger, claim, claimId } = claimed();
  const taken = ledger.hold({ ...run2, claimId, leaseMs: 1000 });
  expect(taken.fence).toBeGreaterThan(claim.fence);
  expect(taken.files.map(({ fileId }) => fileId)).toEqual(claim.files.map(({ fileId }) => fileId));
  const stale = { ...run1, claimId };
  expect(() => ledger.hold({ ...stale, leaseMs: 1000 })).toThrow(fenced);
  expect(() => ledger.giveBack({ ...stale, countAttempt: true, maxAttempts: 3 })).toThrow(fenced);
  expect(() => ledger.commitVersion({ ...stale, version: versionNamed(1), dispositions: [] })).toThrow(
    fenced,
  );
  expect(ledger.openClaims()).toEqual([taken]);
});

test('another workflow never gets at a claim', () => {
  const { ledger, claim, claimId } = claimed();
  const other = { ...stranger, claimId };
  expect(() => ledger.hold({ ...other, leaseMs: 1000 })).toThrow(fenced);
  expect(() => ledger.giveBack({ ...other, countAttempt: true, maxAttempts: 3 })).toThrow(fenced);
  expect(() => ledger.commitVersion({ ...other, version: versionNamed(1), dispositions: [] })).toThrow(
    fenced,
  );
  expect(ledger.openClaims()).toEqual([claim]);
});

test('files are given back by series, and the claim ends with the last of them', () => {
  const { ledger, claimId } = claimed();
  const back = { ...run1, claimId, countAttempt: false, maxAttempts: 3 };
  expect(ledger.giveBack({ ...back, series: [seriesKey(eth)] })).toBe(1);
  expect(ledger.hold({ ...run1, claimId, leaseMs: 1000 }).files).toHaveLength(2);
  expect(ledger.giveBack(back)).toBe(2);
  expect(ledger.giveBack(back)).toBe(0);
  expect(ledger.openClaims()).toEqual([]);
  expect(() => ledger.hold({ ...run1, claimId, leaseMs: 1000 })).toThrow(fenced);
  expect(
    ledger.files({ limit: 9 }).every(({ attempts, claimFence }) => attempts === 0 && claimFence === null),
  ).toBe(true);
});

test('giving back after a Reset, before anything else, works and fences the old body', () => {
  const { ledger, claimId } = claimed();
  expect(ledger.giveBack({ ...run2, claimId, countAttempt: true, maxAttempts: 3 })).toBe(3);
  expect(() => ledger.hold({ ...run1, claimId, leaseMs: 1000 })).toThrow(fenced);
});

test('an empty claim gives nothing back', () => {
  const { ledger } = openFresh();
  const { claimId, files } = ledger.claim({ ...run1, leaseMs: 1000, series: both });
  expect(files).toEqual([]);
  expect(ledger.giveBack({ ...run1, claimId, countAttempt: true, maxAttempts: 3 })).toBe(0);
});

test('a file that keeps failing is quarantined after the stated number of attempts, and the others go on', () => {
  const { ledger } = withFiles();
  const failing = (series: string[]) => {
    const { claimId } = ledger.claim({ ...run1, leaseMs: 1000, series: both });
    ledger.giveBack({ ...run1, claimId, series, countAttempt: true, maxAttempts: 2 });
    ledger.giveBack({ ...run1, claimId, countAttempt: false, maxAttempts: 2 });
  };
  failing([seriesKey(eth)]);
  expect(ledger.fileCounts().quarantined).toBe(0);
  failing([seriesKey(eth)]);
  expect(ledger.fileCounts()).toMatchObject({ downloaded: 2, quarantined: 1 });
  expect(ledger.files({ status: 'quarantined', limit: 9 })[0]).toMatchObject({
    symbol: 'ETH/USDT',
    quarantineReason: 'failed in 2 attempts',
  });
});

test('the sweep counts attempts too', () => {
  const { ledger, clock } = withFiles();
  for (const expected of [
    { requeued: 3, quarantined: 0 },
    { requeued: 0, quarantined: 3 },
  ]) {
    ledger.claim({ ...run1, leaseMs: 1000, series: both });
    clock.now += 1000;
    expect(ledger.sweepExpiredClaims(2)).toMatchObject(expected);
  }
});

test('a run whose claim ran out may claim anew, under a newer fence', () => {
  const { ledger, clock, claim } = claimed();
  clock.now += 1000;
  const anew = ledger.claim({ ...run1, leaseMs: 1000, series: both });
  expect(anew.fence).toBeGreaterThan(claim.fence);
  expect(anew.files).toHaveLength(3);
  expect(anew.files.every(({ attempts }) => attempts === 1)).toBe(true);
  expect(() => ledger.hold({ ...run1, claimId: claim.claimId, leaseMs: 1000 })).toThrow(fenced);
});

test('a bad file is put aside under its claim only, and the claim goes on with the others', () => {
  const { ledger, claim, claimId } = claimed();
  const fileId = claim.files[0]?.fileId ?? '';
  ledger.quarantine({ fileId, claimId, reason: 'line 3' });
  ledger.quarantine({ fileId, claimId, reason: 'again' });
  expect(ledger.hold({ ...run1, claimId, leaseMs: 1000 }).files).toHaveLength(2);
  expect(ledger.file(fileId)).toMatchObject({ status: 'quarantined', quarantineReason: 'line 3' });
  const other = claim.files[1]?.fileId ?? '';
  ledger.giveBack({ ...run1, claimId, countAttempt: false, maxAttempts: 3 });
  expect(() => ledger.quarantine({ fileId: other, claimId, reason: 'late' })).toThrow(fenced);
  expect(ledger.file(other)?.status).toBe('downloaded');
});

test('a completed claim says so', () => {
  const { ledger, claimId } = claimed();
  ledger.commitVersion({ ...run1, claimId, version: versionNamed(1, [btc, eth]), dispositions: [] });
  expect(() => ledger.hold({ ...run1, claimId, leaseMs: 1000 })).toThrow(notOpen);
  expect(ledger.giveBack({ ...run1, claimId, countAttempt: true, maxAttempts: 3 })).toBe(0);
  expect(ledger.fileCounts().processed).toBe(3);
});
