import { expect, test } from 'vitest';
import { seriesKey } from '../series.ts';
import type { Disposition } from './dispositions.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, eth, genesisMs, hourMs, land, run1, run2, versionNamed } from './ledger.fixture.ts';

const series = [btc, eth].map(seriesKey);

const claimed = () => {
  const there = openFresh();
  const [first] = [land(there, { from: 0, count: 2 }), land(there, { series: eth, from: 0, count: 2 })];
  const { claimId } = there.ledger.claim({ ...run1, leaseMs: 1000, series });
  const disposition: Disposition = {
    lineage: 'binance:BTC/USDT:1h#1',
    fileId: first.fileId,
    series: seriesKey(btc),
    kind: 'trained',
    fromMs: genesisMs,
    toMs: genesisMs + hourMs,
    candles: 2,
  };
  const { lineage } = disposition;
  const heads = [{ lineage, series: seriesKey(btc), from: null, headHash: 'head', nStates: 3 }];
  return { ...there, claimId, disposition, heads, fileId: first.fileId };
};

test('a version, its files, their dispositions and the heads become true together', () => {
  const { ledger, claimId, disposition, heads, clock } = claimed();
  const row = ledger.commitVersion({
    ...run1,
    claimId,
    version: versionNamed(1, [btc, eth]),
    dispositions: [disposition],
    heads,
  });
  expect(row).toMatchObject({ claimId, claimedFiles: 2, metricValue: 1.5, series, prunedAt: null });
  expect(ledger.fileCounts()).toMatchObject({ processing: 0, processed: 2 });
  expect(ledger.files({ limit: 9 }).every(({ processedAt }) => processedAt === clock.now)).toBe(true);
  expect(ledger.dispositions(disposition.lineage)).toEqual([{ ...disposition, versionId: row.versionId }]);
  expect(ledger.lineages()).toMatchObject([
    { series: seriesKey(btc), headVersionId: row.versionId, headHash: 'head', nStates: 3 },
  ]);
  expect(ledger.auditTrail({ limit: 1 })[0]).toMatchObject({
    action: 'version.commit',
    subject: row.versionId,
  });
  expect(ledger.openClaims()).toEqual([]);
});

test('a commit that fails in its last step leaves nothing of itself', () => {
  const { ledger, claimId, disposition } = claimed();
  const before = [ledger.files({ limit: 9 }), ledger.openClaims(), ledger.auditTrail({ limit: 9 })];
  const twice = [disposition, disposition];
  expect(() =>
    ledger.commitVersion({ ...run1, claimId, version: versionNamed(1, [btc, eth]), dispositions: twice }),
  ).toThrow();
  const unknown = [{ ...disposition, fileId: 'nobody' }];
  expect(() =>
    ledger.commitVersion({ ...run1, claimId, version: versionNamed(1, [btc, eth]), dispositions: unknown }),
  ).toThrow();
  expect([ledger.files({ limit: 9 }), ledger.openClaims(), ledger.auditTrail({ limit: 9 })]).toEqual(before);
  expect(ledger.versionCount()).toBe(0);
  expect(ledger.lineages()).toEqual([]);
});

test('a candle is trained once per lineage, and a head moves only from where the training found it', () => {
  const { ledger, claimId, disposition, heads, fileId } = claimed();
  const version = versionNamed(1, [btc]);
  const twice = [disposition, { ...disposition, fromMs: genesisMs + hourMs, candles: 1 }];
  expect(() => ledger.commitVersion({ ...run1, claimId, version, dispositions: twice, heads })).toThrow(
    /at most once per lineage/,
  );
  const moved = heads.map((head) => ({ ...head, from: 'another' }));
  expect(() => ledger.commitVersion({ ...run1, claimId, version, dispositions: [], heads: moved })).toThrow(
    expect.objectContaining({ code: 'Fenced' }),
  );
  expect(ledger.lineages()).toEqual([]);
  expect(ledger.file(fileId)?.status).toBe('processing');
});

test('a version whose directory went is not committed', () => {
  const { ledger, claimId } = claimed();
  const gone = { ...run1, claimId, version: versionNamed(1), dispositions: [], isInPlace: () => false };
  expect(() => ledger.commitVersion(gone)).toThrow(expect.objectContaining({ code: 'NotFound' }));
  expect(ledger.versionCount()).toBe(0);
  expect(ledger.fileCounts().processing).toBe(2);
});

test('the same commit again is the same row, also for a run made by Reset; the superseded run is fenced', () => {
  const { ledger, claimId, disposition } = claimed();
  const commit = { claimId, version: versionNamed(1, [btc, eth]), dispositions: [disposition] };
  ledger.hold({ ...run2, claimId, leaseMs: 1000 });
  const row = ledger.commitVersion({ ...run2, ...commit });
  expect(ledger.commitVersion({ ...run2, ...commit })).toEqual(row);
  expect(ledger.commitVersion({ ...run2, runId: 'run-9', ...commit })).toEqual(row);
  expect(() => ledger.commitVersion({ ...run1, ...commit })).toThrow(
    expect.objectContaining({ code: 'Fenced' }),
  );
  expect(ledger.versionCount()).toBe(1);
});

test('one claim makes one version, and one name one model', () => {
  const { ledger, claimId } = claimed();
  const conflict = expect.objectContaining({ code: 'Conflict' });
  const commit = { ...run1, claimId, dispositions: [] };
  ledger.commitVersion({ ...commit, version: versionNamed(1) });
  expect(() => ledger.commitVersion({ ...commit, version: versionNamed(2) })).toThrow(conflict);
  expect(() =>
    ledger.commitVersion({ ...commit, version: { ...versionNamed(1), modelHash: 'other' } }),
  ).toThrow(conflict);
  expect(ledger.versionCount()).toBe(1);
});

test('files of series that were not trained stay claimed until they are given back', () => {
  const { ledger, claimId } = claimed();
  ledger.commitVersion({ ...run1, claimId, version: versionNamed(1, [btc]), dispositions: [] });
  expect(ledger.fileCounts()).toMatchObject({ processing: 1, processed: 1 });
  expect(ledger.giveBack({ ...run1, claimId, countAttempt: true, maxAttempts: 3 })).toBe(1);
  expect(ledger.fileCounts()).toMatchObject({ downloaded: 1, processed: 1 });
  expect(() => ledger.hold({ ...run1, claimId, leaseMs: 1 })).toThrow(
    expect.objectContaining({ code: 'ClaimNotOpen' }),
  );
});

test('versions are listed newest first, page by page', () => {
  const there = openFresh();
  for (const number of [1, 2, 3]) {
    land(there, { from: number * 2, count: 2 });
    const { claimId } = there.ledger.claim({ ...run1, leaseMs: 1000, series });
    there.ledger.commitVersion({ ...run1, claimId, version: versionNamed(number), dispositions: [] });
  }
  const page = there.ledger.versions({ limit: 2 });
  expect(page.map(({ modelHash }) => modelHash)).toEqual(['hash-3', 'hash-2']);
  const rest = there.ledger.versions({ limit: 2, before: page[1]?.seq ?? 0 });
  expect(rest.map(({ modelHash }) => modelHash)).toEqual(['hash-1']);
});
