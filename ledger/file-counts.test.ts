import { expect, test } from 'vitest';
import { seriesKey } from '../series.ts';
import { Sqlite } from '../sqlite.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, hourMs, land, run1, versionNamed } from './ledger.fixture.ts';
import { openLedger } from './open.ts';

const none = { downloaded: 0, processing: 0, processed: 0, deleted: 0, quarantined: 0 };

type There = ReturnType<typeof openFresh>;

const everything = ({ ledger }: There) => ledger.fileCountHistory({ sinceMs: 0, points: 1_000 });

const claim = ({ ledger }: There, runId = run1.runId) =>
  ledger.claim({ ...run1, runId, leaseMs: 60_000, series: [seriesKey(btc)] });

const giveBack = ({ ledger }: There, claimId: number, runId = run1.runId) =>
  ledger.giveBack({ ...run1, runId, claimId, countAttempt: false, maxAttempts: 9 });

/** Each call a second after the one before. */
const later = ({ clock }: There): number => (clock.now += 1_000);

test('the history tells each change of the counts at its time, and survives the process', () => {
  const there = openFresh();
  const { ledger, path } = there;
  const made = there.clock.now;
  const landed = later(there);
  land(there, { from: 0, count: 1 });
  const taken = later(there);
  const { claimId } = claim(there);
  const done = later(there);
  const { fileId } = ledger.files({ limit: 1 })[0]!;
  ledger.commitVersion({ ...run1, claimId, version: versionNamed(1), dispositions: [] });
  const gone = later(there);
  ledger.exclusively(() => {
    ledger.markArchived([fileId]);
    ledger.markDeleted([fileId]);
  });
  ledger.close();
  const again = openLedger({ path, domain: 'production', readonly: true });
  expect(again.fileCountHistory({ sinceMs: 0, points: 1_000 })).toEqual([
    { atMs: made, files: none },
    { atMs: landed, files: { ...none, downloaded: 1 } },
    { atMs: taken, files: { ...none, processing: 1 } },
    { atMs: done, files: { ...none, processed: 1 } },
    { atMs: gone, files: { ...none, deleted: 1 } },
  ]);
  again.close();
});

test('what a transaction undoes is told by nobody', () => {
  const there = openFresh();
  land(there, { from: 0, count: 1 });
  const before = everything(there);
  expect(() =>
    there.ledger.exclusively(() => {
      claim(there);
      throw new Error('no');
    }),
  ).toThrow('no');
  there.ledger.exclusively(() => giveBack(there, claim(there).claimId));
  expect(everything(there)).toEqual(before);
});

test('what held when the asked time began is told first, stamped with that', () => {
  const there = openFresh();
  land(there, { from: 0, count: 1 });
  const sinceMs = there.clock.now + 500;
  const taken = later(there);
  claim(there);
  expect(there.ledger.fileCountHistory({ sinceMs, points: 1_000 })).toEqual([
    { atMs: sinceMs, files: { ...none, downloaded: 1 } },
    { atMs: taken, files: { ...none, processing: 1 } },
  ]);
});

test('a long history is thinned out, and no claim with it', () => {
  const there = openFresh({ inMemory: true });
  const sinceMs = there.clock.now;
  for (let from = 0; from < 300; from += 1) {
    later(there);
    land(there, { from, count: 1 });
    if (from % 60 !== 30) continue;
    const runId = `run-${from}`;
    giveBack(there, claim(there, runId).claimId, runId);
  }
  const thinned = there.ledger.fileCountHistory({ sinceMs, points: 40 });
  // Two rows a stretch, the last of which has only begun, and the row that was there before.
  expect(thinned.length).toBeLessThanOrEqual(43);
  expect(thinned.map(({ files }) => files.processing).filter((n) => n > 0)).toEqual([31, 91, 151, 211, 271]);
  expect(thinned.at(-1)?.files).toEqual({ ...none, downloaded: 300 });
  expect(thinned.map(({ atMs }) => atMs)).toEqual(thinned.map(({ atMs }) => atMs).sort((a, b) => a - b));
});

test('the history keeps the newest 100,000 changes', () => {
  const { path, ledger } = openFresh({ inMemory: true });
  const db = new Sqlite(path);
  db.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 100500)
    insert into file_count_history (at, downloaded, processing, processed, deleted, quarantined)
    select i, i, 0, 0, 0, 0 from n`);
  const ends = db.prepare('select count(*) as rows, max(downloaded) as newest from file_count_history').get();
  expect(ends).toEqual({ rows: 100_000, newest: 100_500 });
  db.close();
  ledger.close();
});

/** Of migration 0011, in its journal. */
const countsCameAt = 1_795_692_516_396;

test('a ledger from before it counted is counted when it is opened', () => {
  const there = openFresh();
  for (let from = 0; from < 3; from += 1) land(there, { from, count: 1 });
  claim(there);
  land(there, { from: 3, count: 1 });
  there.ledger.close();
  const db = new Sqlite(there.path);
  db.exec(`drop table file_counts; drop table file_count_history;
    drop trigger file_is_counted; drop trigger file_is_counted_again; drop trigger file_is_not_counted_any_more;
    delete from __drizzle_migrations where created_at >= ${countsCameAt}`);
  db.close();
  const now = there.clock.now + 5 * hourMs;
  const ledger = openLedger({ path: there.path, domain: 'production', clock: () => now });
  const files = { ...none, downloaded: 1, processing: 3 };
  expect(ledger.fileCounts()).toEqual(files);
  expect(ledger.fileCountHistory({ sinceMs: 0, points: 10 })).toEqual([{ atMs: now, files }]);
  ledger.close();
});
