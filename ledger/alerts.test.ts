import { expect, test } from 'vitest';
import { seriesKey } from '../series.ts';
import type { NewAlert } from './alerts.ts';
import { openFresh } from './fresh.fixture.ts';
import { btc, land, run1, versionNamed } from './ledger.fixture.ts';

const series = [seriesKey(btc)];

const told = ({ ledger }: ReturnType<typeof openFresh>) =>
  ledger
    .alerts({ limit: 100 })
    .reverse()
    .map(({ kind, subject, status, count }) => [kind, subject, status, count]);

const stale: NewAlert = { kind: 'stale', subject: 'a', message: 'a is late' };

test('a problem that lasts is one alert, and one more when it is over', () => {
  const there = openFresh();
  const { ledger, clock } = there;
  const look = (found: readonly NewAlert[]) =>
    ledger.observeConditions({ kinds: ['stale'], found, settleMs: 100 });
  for (let minute = 0; minute < 5; minute++) look([stale]);
  expect(told(there)).toEqual([['stale', 'a', 'firing', 1]]);
  look([]);
  clock.now += 50;
  look([stale]);
  clock.now += 200;
  look([]);
  expect(told(there)).toHaveLength(1);
  expect(ledger.conditions()).toMatchObject([{ kind: 'stale', subject: 'a', since: 1_000_000 }]);
  clock.now += 100;
  look([]);
  expect(told(there)).toEqual([
    ['stale', 'a', 'firing', 1],
    ['stale', 'a', 'resolved', 1],
  ]);
  expect(ledger.conditions()).toEqual([]);
  look([stale]);
  expect(told(there)).toHaveLength(3);
});

test('a kind that was not looked at is left alone', () => {
  const there = openFresh();
  const { ledger } = there;
  ledger.observeConditions({ kinds: [], found: [{ ...stale, kind: 'unknown_symbol' }], settleMs: 0 });
  ledger.observeConditions({ kinds: ['stale'], found: [], settleMs: 0 });
  expect(ledger.conditions()).toHaveLength(1);
  ledger.endCondition('unknown_symbol', 'a');
  ledger.endCondition('unknown_symbol', 'a');
  expect(told(there)).toEqual([
    ['unknown_symbol', 'a', 'firing', 1],
    ['unknown_symbol', 'a', 'resolved', 1],
  ]);
});

test('a thousand bad files of a series that nobody was told of yet are one alert', () => {
  const there = openFresh();
  const { ledger } = there;
  const files = [0, 2, 4].map((from) => land(there, { from, count: 2 }));
  for (const { fileId } of files) ledger.quarantine({ fileId, reason: 'bad' });
  expect(told(there)).toEqual([['quarantine', series[0], 'event', 3]]);
  const [row] = ledger.dueAlerts({ limit: 10 });
  ledger.alertDelivered(row!.seq);
  const { fileId } = land(there, { from: 6, count: 2 });
  ledger.quarantine({ fileId, reason: 'bad' });
  ledger.quarantine({ fileId, reason: 'bad' });
  expect(told(there)).toHaveLength(2);
});

test('a promotion and its alert are one transaction, with the run that asked for it', () => {
  const there = openFresh();
  const { ledger } = there;
  land(there, { from: 0, count: 2 });
  const { claimId } = ledger.claim({ ...run1, leaseMs: 1000, series });
  const alerts: NewAlert[] = [{ kind: 'gate_failure', subject: 'v', message: 'worse' }];
  ledger.commitVersion({ ...run1, claimId, version: versionNamed(1), dispositions: [], alerts });
  const { versionId } = versionNamed(1);
  const request = { versionId, actor: 'test', reason: 'better', requestId: 'r', run: run1 } as const;
  ledger.promote({ ...request, kind: 'promote' });
  ledger.promote({ ...request, kind: 'promote' });
  expect(() => ledger.promote({ ...request, kind: 'promote', requestId: 'r2', versionId: 'nope' })).toThrow();
  expect(told(there)).toEqual([
    ['gate_failure', 'v', 'event', 1],
    ['promotion', versionId, 'event', 1],
  ]);
  expect(ledger.alerts({ limit: 1 })).toMatchObject([{ ...run1, severity: 'info' }]);
});

test('what failed waits, what waited for a day is given up, and what is settled goes in the end', () => {
  const there = openFresh();
  const { ledger, clock } = there;
  ledger.raiseAlert(stale);
  ledger.raiseAlert({ ...stale, subject: 'b' });
  const [first] = ledger.dueAlerts({ limit: 1 });
  ledger.alertPostponed(first!.seq, { waitMs: 60, error: 'HTTP 500' });
  expect(ledger.dueAlerts({ limit: 10 }).map(({ subject }) => subject)).toEqual(['b']);
  clock.now += 60;
  expect(ledger.dueAlerts({ limit: 10 }).map(({ subject }) => subject)).toEqual(['a', 'b']);
  clock.now += 1000;
  expect(ledger.tidyAlerts({ giveUpAfterMs: 1000, keepMs: 5000 })).toBe(2);
  expect(ledger.alertCounts()).toEqual({ waiting: 0, givenUp: 1 });
  expect(ledger.alerts({ limit: 10 }).map(({ outcome }) => outcome)).toEqual(['expired', 'given_up']);
  clock.now += 5001;
  ledger.tidyAlerts({ giveUpAfterMs: 1000, keepMs: 5000 });
  expect(ledger.alerts({ limit: 10 })).toEqual([]);
});

test('attempts to claim are counted once per run', () => {
  const there = openFresh();
  const { ledger } = there;
  const ask = (runId: string) =>
    ledger.claim({ workflowId: 'retrain:regimes', runId, leaseMs: 1000, series });
  ask('one');
  ask('one');
  ask('two');
  expect(ledger.claimAttempts()).toMatchObject({ emptyInARow: 2, newest: { claimedFiles: 0 } });
  land(there, { from: 0, count: 2 });
  ask('three');
  expect(ledger.claimAttempts()).toMatchObject({ emptyInARow: 0, newest: { claimedFiles: 1 } });
  ask('four');
  expect(ledger.claimAttempts().emptyInARow).toBe(1);
});
