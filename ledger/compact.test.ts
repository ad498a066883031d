import { expect, test } from 'vitest';
import { seriesKey } from '../series.ts';
import { Sqlite } from '../sqlite.ts';
import type { Disposition } from './dispositions.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, genesisMs, hourMs, run1, versionNamed } from './ledger.fixture.ts';

const key = seriesKey(btc);
const dayMs = 24 * hourMs;
const keepMs = 90 * dayMs;
const lineage = `${key}#1`;

type There = ReturnType<typeof openFresh>;

/** One file of a day of hours; rows only: this is about the ledger, not about the disk. */
const registerDay = ({ ledger }: There, day: number, again = false): void => {
  const tStart = genesisMs + day * dayMs;
  const watermark = again ? ledger.watermark(btc)! : tStart;
  const fileId = again ? `again-${day}` : `file-${day}`;
  const content = { fileId, sha256: fileId, kind: 'candles', path: fileId, bars: 24, sizeBytes: 1 } as const;
  ledger.startWatermark(btc, tStart);
  ledger.registerFile({
    file: { ...content, ...btc, tStart, tEnd: tStart + 23 * hourMs, fetchedAt: tStart },
    expectedWatermark: watermark,
    nextWatermark: again ? watermark : tStart + dayMs,
    gaps: [],
  });
};

const dispositionOf = (
  fileId: string,
  kind: Disposition['kind'],
  at: number,
  candles: number,
): Disposition => ({
  ...{ lineage, fileId, series: key, kind, candles },
  fromMs: genesisMs + at * hourMs,
  toMs: genesisMs + (at + candles - 1) * hourMs,
});

/** Claims what waits, trains each day, and finds the one that came twice a duplicate; then the files go from disk. */
const retrain = ({ ledger }: There, version: number, days: readonly number[], claimEmpty = false): void => {
  const run = { ...run1, runId: `run-${version}` };
  const { claimId, files } = ledger.claim({ ...run, leaseMs: 1000, series: [key] });
  if (claimEmpty) {
    ledger.giveBack({ ...run, claimId, countAttempt: false, maxAttempts: 9 });
    return;
  }
  const dispositions = [
    ...days.map((day) => dispositionOf(`file-${day}`, 'trained', day * 24, 24)),
    dispositionOf(`again-${days[0]}`, 'duplicate', days[0]! * 24, 24),
  ];
  ledger.commitVersion({ ...run, claimId, version: versionNamed(version), dispositions });
  const ids = files.map(({ fileId }) => fileId);
  ledger.markArchived(ids);
  ledger.markDeleted(ids);
};

const rowsOf = (path: string): Record<string, number> => {
  const db = new Sqlite(path, { readonly: true });
  const tables = [
    'files',
    'dispositions',
    'claims',
    'claim_runs',
    'disposition_ranges',
    'lineage_files',
    'file_ranges',
  ];
  const counts = tables.map((table) => [
    table,
    db.prepare(`select count(*) from ${table}`).pluck().get() as number,
  ]);
  db.close();
  return Object.fromEntries(counts);
};

/** Days of candles, a retrain a week, versions pruned behind the newest five. One transaction a week: the disk is not the point. */
const simulate = (there: There, fromDay: number, toDay: number): void => {
  for (let day = fromDay; day < toDay; day += 7) {
    there.clock.now = genesisMs + (day + 7) * dayMs;
    there.ledger.exclusively(() => week(there, day));
  }
};

const week = (there: There, day: number): void => {
  const days = [0, 1, 2, 3, 4, 5, 6].map((offset) => day + offset);
  for (const one of days) registerDay(there, one);
  registerDay(there, day, true);
  retrain(there, day * 2 + 1, days, true);
  retrain(there, day * 2 + 2, days);
  for (const { versionId } of there.ledger.prunableVersions({ keep: 5 })) there.ledger.markPruned(versionId);
  there.ledger.compactRows({ olderThanMs: keepMs, limit: 1000 });
};

test('five years of files leave the rows of LEDGER_ROWS_DAYS, and every candle is still accounted for', () => {
  const there = openFresh();
  const { ledger, path } = there;
  simulate(there, 0, 364);
  const afterOne = rowsOf(path);
  simulate(there, 364, 5 * 364);
  const afterFive = rowsOf(path);
  expect(afterFive['files']).toBeLessThanOrEqual(8 * 14);
  expect(afterFive['files']).toBe(afterOne['files']);
  expect(afterFive['dispositions']).toBe(afterOne['dispositions']);
  expect(afterFive['claim_runs']).toBe(afterOne['claim_runs']);
  expect(afterFive['claims']! - afterOne['claims']!).toBe((4 * 364) / 7);
  expect(afterFive).toMatchObject({ file_ranges: 1, lineage_files: 1 });
  expect(ledger.bars(btc)).toBe(5 * (364 + 52) * 24);
  expect(ledger.storedRange(btc)).toEqual({
    fromMs: genesisMs,
    toMs: genesisMs + (5 * 364 * 24 - 1) * hourMs,
  });
  const [range] = ledger.fileRanges(btc);
  expect(range!.files + ledger.fileCounts().deleted).toBe(5 * (364 + 52));
  expect(ledger.fileCounts()).toMatchObject({ deleted: afterFive['files'], processed: 0, downloaded: 0 });
  const db = new Sqlite(path, { readonly: true });
  const sum = (query: string): number => Number(db.prepare(query).pluck().get());
  const candles = (kind: string): number =>
    sum(`select sum(candles) from dispositions where kind = '${kind}'`) +
    sum(`select sum(candles) from disposition_ranges where kind = '${kind}'`);
  expect([candles('trained'), candles('duplicate')]).toEqual([5 * 364 * 24, 5 * 52 * 24]);
  expect(afterFive['disposition_ranges']).toBeLessThanOrEqual(2);
  expect(sum('select sum(candles) from disposition_ranges')).toBe(sum('select sum(bars) from lineage_files'));
  db.close();
}, 120_000);

/** Four weeks, all folded. */
const folded = () => {
  const there = openFresh();
  simulate(there, 0, 28);
  there.clock.now += 2 * keepMs;
  expect(there.ledger.compactRows({ olderThanMs: keepMs, limit: 1000 })).toEqual({ files: 32, claims: 4 });
  expect(there.ledger.compactRows({ olderThanMs: keepMs, limit: 1000 })).toEqual({ files: 0, claims: 0 });
  return there;
};

test('a candle whose rows are folded is not trained again: the database refuses it', () => {
  const there = folded();
  registerDay(there, 28);
  const run = { ...run1, runId: 'again' };
  const { claimId } = there.ledger.claim({ ...run, leaseMs: 1000, series: [key] });
  const commit = (at: number, candles: number) =>
    there.ledger.commitVersion({
      ...run,
      claimId,
      version: versionNamed(999),
      dispositions: [dispositionOf('file-28', 'trained', at, candles)],
    });
  expect(() => commit(24 * 5 + 3, 1)).toThrow(/trained at most once/);
  expect(commit(24 * 28, 24).versionId).toBe(versionNamed(999).versionId);
});

test('rows go only when a range holds them', () => {
  const there = openFresh();
  simulate(there, 0, 7);
  const db = new Sqlite(there.path);
  expect(() => db.exec('delete from dispositions')).toThrow(/folded into a range before/);
  expect(() => db.exec('delete from files')).toThrow(/a range holds it/);
  db.close();
  const after = folded();
  const other = new Sqlite(after.path);
  expect(() => other.exec('delete from disposition_ranges')).toThrow(/joined into another/);
  expect(() => other.exec('update disposition_ranges set candles = 1')).toThrow(/never rewritten/);
  expect(() => other.exec('update file_ranges set files = 1')).toThrow(/only grows/);
  other.close();
});

test('an old body whose claim went is fenced, one that committed is told so', () => {
  const { ledger } = folded();
  const hold = (claimId: number, runId: string) => ledger.hold({ claimId, ...run1, runId, leaseMs: 1 });
  expect(() => hold(1, 'run-1')).toThrow(expect.objectContaining({ code: 'Fenced' }));
  expect(() => hold(2, 'run-2')).toThrow(expect.objectContaining({ code: 'ClaimNotOpen' }));
  expect(() => hold(99_999, 'run-2')).toThrow(expect.objectContaining({ code: 'NotFound' }));
});
