import { expect, test } from 'vitest';
import { seriesKey } from '../series.ts';
import { Sqlite } from '../sqlite.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, land, run1 } from './ledger.fixture.ts';
import { openLedger } from './open.ts';

/** What a bug, or a hand at the sqlite3 prompt, might try. */
const attempts = [
  ['moves a watermark back', 'update watermarks set value = value - 1'],
  ['winds the fences back', 'update meta set fence = fence - 1'],
  ['moves the ledger to the other domain', "update meta set domain = 'research'"],
  [
    'adds a second meta row',
    'insert into meta select 2, schema_version, domain, fence, epoch, created_at from meta',
  ],
  ['rewrites the audit log', "update audit set actor = 'nobody'"],
  ['cuts the audit log', 'delete from audit'],
  ['points a file elsewhere', "update files set path = '../elsewhere.csv'"],
  ['skips the claim', "update files set status = 'processed' where status = 'downloaded'"],
  ['brings a status nobody knows', "update files set status = 'lost'"],
  [
    'trains by hand what was put aside',
    "update files set status = 'quarantined'; update files set status = 'processed'",
  ],
  ['processes without a claim', "update files set status = 'processing', claim_fence = null"],
] as const;

test.each(attempts)('the database itself refuses a statement that %s', (_, statement) => {
  const there = openFresh();
  land(there, { from: 0, count: 2 });
  there.ledger.claim({ ...run1, leaseMs: 1, series: [seriesKey(btc)] });
  there.ledger.giveBack({ ...run1, claimId: 1, countAttempt: false, maxAttempts: 1 });
  there.ledger.audit({ actor: 'test', action: 'note', subject: 'x' });
  const raw = new Sqlite(there.path);
  expect(() => raw.exec(statement)).toThrow(/constraint|immutable|never|only|no such step/i);
  raw.close();
});

test('fences are newer after a restore bumped the epoch, whatever the snapshot had', () => {
  const there = openFresh();
  land(there, { from: 0, count: 2 });
  const series = [seriesKey(btc)];
  const before = there.ledger.claim({ ...run1, leaseMs: 1, series }).fence;
  const raw = new Sqlite(there.path);
  raw.exec('update meta set epoch = epoch + 1');
  raw.close();
  expect(there.ledger.claim({ ...run1, runId: 'later', leaseMs: 1, series }).fence).toBeGreaterThan(
    before + 2 ** 31,
  );
});

test('a database that is no ledger is refused and left as it is', () => {
  const there = openFresh();
  const path = `${there.dataDir}/other.sqlite`;
  const raw = new Sqlite(path);
  raw.exec('create table files (file_id text primary key)');
  expect(() => openLedger({ path, domain: 'production' })).toThrow(
    expect.objectContaining({ code: 'Conflict' }),
  );
  expect(raw.prepare('select name from sqlite_master').all()).toHaveLength(2);
});
