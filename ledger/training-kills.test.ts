import { expect, test } from 'vitest';
import { seriesKey } from '../series.ts';
import { Sqlite } from '../sqlite.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, land, run1, versionNamed } from './ledger.fixture.ts';
import { openLedger } from './open.ts';

const series = [seriesKey(btc)];
const id = (number: number) => versionNamed(number).versionId;
const request = (number: number, requestId: string) =>
  ({ versionId: id(number), kind: 'promote', actor: 'test', reason: 'better', requestId }) as const;
const byHand = { cause: 'by hand', actor: 'ann', reason: 'it drifts' };

/** Two versions, the second serves. */
const serving = () => {
  const there = openFresh();
  for (const number of [1, 2]) {
    land(there, { from: number * 2, count: 2 });
    const { claimId } = there.ledger.claim({ ...run1, leaseMs: 1000, series });
    there.ledger.commitVersion({ ...run1, claimId, version: versionNamed(number), dispositions: [] });
    there.ledger.promote(request(number, `first-${number}`));
  }
  return there;
};

test('nothing is claimed or promoted while the loop is killed, candles are stored, and a resume ends it', () => {
  const there = serving();
  const { ledger } = there;
  ledger.killTraining(byHand);
  const refusal = expect.objectContaining({
    code: 'TrainingKilled',
    message: expect.stringContaining('ann'),
  });
  expect(() => land(there, { from: 6, count: 2 })).not.toThrow();
  expect(() => ledger.claim({ ...run1, runId: 'later', leaseMs: 1000, series })).toThrow(refusal);
  expect(() => ledger.promote(request(1, 'again'))).toThrow(refusal);
  expect(() => ledger.promote({ ...request(1, 'back'), kind: 'rollback' })).toThrow(refusal);
  expect(ledger.promote(request(2, 'first-2')).versionId).toBe(id(2));
  ledger.resumeTraining({ actor: 'bob', reason: 'mended' });
  expect(ledger.claim({ ...run1, runId: 'later', leaseMs: 1000, series }).files).toHaveLength(1);
  expect(ledger.promote(request(1, 'again')).versionId).toBe(id(1));
  expect(() => ledger.resumeTraining({ actor: 'bob', reason: 'twice' })).toThrow(/not killed/);
});

test('it is latched: a second kill changes nothing, and whoever opens the ledger finds it', () => {
  const there = serving();
  const first = there.ledger.killTraining(byHand);
  expect(there.ledger.killTraining({ cause: 'limit', actor: 'watch', reason: 'drop' })).toEqual(first);
  const other = openLedger({ path: there.path, domain: 'production', readonly: true });
  expect(other.trainingKill()).toEqual(first);
  other.close();
});

test('the same cause does not kill again what a person has resumed', () => {
  const { ledger } = serving();
  const limit = { cause: 'version:1', actor: 'watch', reason: 'drop' };
  ledger.killTraining(limit);
  ledger.resumeTraining({ actor: 'bob', reason: 'known' });
  ledger.killTraining(limit);
  expect(ledger.trainingKill()).toBeUndefined();
  ledger.killTraining({ ...limit, cause: 'version:2' });
  expect(ledger.trainingKill()).toMatchObject({ cause: 'version:2' });
});

test('a pinned version serves in the same transaction, another pin replaces it, an unknown one kills nothing', () => {
  const { ledger } = serving();
  expect(() => ledger.killTraining({ ...byHand, pinnedVersionId: 'nope' })).toThrow(/nope/);
  expect(ledger.trainingKill()).toBeUndefined();
  ledger.killTraining({ ...byHand, pinnedVersionId: id(1) });
  expect(ledger.champion()).toMatchObject({ versionId: id(1), kind: 'rollback', actor: 'ann' });
  ledger.killTraining({ ...byHand, cause: 'again', pinnedVersionId: id(2) });
  expect(ledger.champion()).toMatchObject({ versionId: id(2) });
  expect(ledger.trainingKill()).toMatchObject({ pinnedVersionId: id(2), reason: 'it drifts' });
});

test('who, why and when are in the audit log and in the alerts', () => {
  const { ledger } = serving();
  ledger.killTraining(byHand);
  ledger.resumeTraining({ actor: 'bob', reason: 'mended' });
  expect(ledger.auditTrail({ limit: 2 })).toMatchObject([
    { actor: 'bob', action: 'training.resume', detail: { reason: 'mended', was: 'it drifts' } },
    { actor: 'ann', action: 'training.kill', detail: { reason: 'it drifts' } },
  ]);
  expect(ledger.alerts({ limit: 2 }).map(({ kind, severity }) => [kind, severity])).toEqual([
    ['resume', 'info'],
    ['kill', 'critical'],
  ]);
});

test('the database itself refuses claims and promotions while it is killed, and to forget a kill', () => {
  const there = serving();
  there.ledger.killTraining(byHand);
  const raw = new Sqlite(there.path);
  const attempts = [
    'insert into claims select 99, 99, workflow_id, run_id, 1, 1, null, null from claims limit 1',
    `insert into promotions select 1000, version_id, 'promote', null, 'x', 'x', 'x', 1, null from promotions limit 1`,
    'delete from training_kills',
    `insert into training_kills (cause, actor, reason, at) values ('x', 'x', 'x', 1)`,
  ];
  for (const attempt of attempts) expect(() => raw.exec(attempt)).toThrow(/never|constraint/i);
  raw.close();
});

test('a kill that is carried over into an older ledger pins no version that it does not know', () => {
  const { ledger } = serving();
  ledger.killTraining({ ...byHand, pinnedVersionId: id(2) });
  const kill = ledger.trainingKill();
  const [older, without] = [serving().ledger, openFresh().ledger];
  for (const one of [older, without])
    one.beginEpoch({ after: 0, actor: 'restorer', reason: 'restored', kill });
  expect(older.trainingKill()).toMatchObject({ ...byHand, pinnedVersionId: id(2), at: kill!.at });
  expect(without.trainingKill()).toMatchObject({ ...byHand, pinnedVersionId: null });
});
