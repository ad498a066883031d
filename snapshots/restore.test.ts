import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { btc, versionIdOfStates } from '../api/app.fixture.ts';
import { autotrainCommand } from '../cli/autotrain.ts';
import { commandPoints } from '../ledger/command-points.fixture.ts';
import type { CrashPoint } from '../ledger/crash-points.ts';
import { holdState, restoreJournal } from '../ledger/in-use.ts';
import { Crash, crashAt } from '../ledger/ledger.fixture.ts';
import { type Ledger, openLedger } from '../ledger/open.ts';
import { readCurrent } from '../registry/current.ts';
import { readVersion } from '../registry/store.ts';
import type { Places } from './places.ts';
import { restoreSnapshot, resumeRestore } from './restore.ts';
import { openStore, trainedState } from './snapshots.fixture.ts';
import { verifySnapshot } from './verify.ts';

const restore = (places: Places, name: string, crash?: CrashPoint) =>
  restoreSnapshot({ places, name, actor: 'test', ...(crash && { crash }) });

const withLedger = <T>({ ledgerFile, domain }: Places, work: (ledger: Ledger) => T): T => {
  const ledger = openLedger({ path: ledgerFile, domain });
  try {
    return work(ledger);
  } finally {
    ledger.close();
  }
};

const run = { workflowId: 'retrain:regimes', runId: 'old' };

test('the champion, the candles and the decisions of the snapshot are back; what was since is kept aside', async () => {
  const { take, places, promote, ledger, decisionId, modelsDir } = trainedState();
  const { name } = await take();
  promote(2, 'back to two');
  ledger.close();
  const done = restore(places, name);
  expect(done).toMatchObject({ snapshot: name, epoch: 1, champion: versionIdOfStates(3), claims_ended: 0 });
  expect(readCurrent(modelsDir)).toBe(versionIdOfStates(3));
  withLedger(places, (restored) => {
    expect(restored.champion()).toMatchObject({ versionId: versionIdOfStates(3) });
    for (const { path } of restored.files({ limit: 9 }))
      expect(existsSync(join(places.dataDir, path))).toBe(true);
    expect(restored.auditTrail({ limit: 1 })[0]).toMatchObject({ action: 'ledger.restore', actor: 'test' });
  });
  const controller = openStore(places.controllerFile);
  expect(controller.decision(decisionId).decision_id).toBe(decisionId);
  controller.close();
  const aside = done.kept_aside.find((path) => path.includes('ledger.sqlite'))!;
  const old = openLedger({ path: aside, domain: 'production', readonly: true });
  expect(old.champion()).toMatchObject({ versionId: versionIdOfStates(2) });
  old.close();
});

test('a lost disk: everything comes back from the snapshot alone', async () => {
  const { take, places, ledger, modelsDir, dataDir } = trainedState();
  const { name } = await take();
  ledger.close();
  for (const path of [places.ledgerFile, places.controllerFile, modelsDir, join(dataDir, 'incoming')])
    rmSync(path, { recursive: true });
  const { champion, kept_aside } = restore(places, name);
  expect(champion).toBe(versionIdOfStates(3));
  expect(kept_aside).toEqual([]);
  expect(readVersion(modelsDir, champion!).modelHash).toBeTruthy();
});

test('a claim of before is fenced: made before the snapshot or after it, held, committed or given back', async () => {
  const { take, places, ledger } = trainedState();
  const waiting = ledger.files({ limit: 9 }).map(({ fileId }) => fileId);
  ledger.startLineage({ series: btc, actor: 'test', reason: 'test', requeue: waiting, restored: [] });
  const claim = (runId: string) =>
    ledger.claim({ ...run, runId, workflowId: `retrain:${runId}`, leaseMs: 1e9, series: [btc] }).claimId;
  const before = claim('before');
  const { name } = await take();
  ledger.giveBack({
    workflowId: 'retrain:before',
    runId: 'before',
    claimId: before,
    countAttempt: false,
    maxAttempts: 9,
  });
  const after = claim('after');
  ledger.close();
  expect(restore(places, name)).toMatchObject({ claims_ended: 1, files_requeued: 2 });
  withLedger(places, (restored) => {
    const fenced = expect.objectContaining({ code: 'Fenced' });
    for (const [claimId, runId] of [
      [before, 'before'],
      [after, 'after'],
    ] as const) {
      const owner = { claimId, workflowId: `retrain:${runId}`, runId };
      expect(() => restored.hold({ ...owner, leaseMs: 1e6 })).toThrow(fenced);
      const version = { ...restored.version(versionIdOfStates(3))!, versionId: versionIdOfStates(4) };
      expect(() => restored.commitVersion({ ...owner, version, dispositions: [] })).toThrow(fenced);
      expect(restored.giveBack({ ...owner, countAttempt: true, maxAttempts: 9 })).toBe(0);
    }
    expect(restored.fileCounts()).toMatchObject({ downloaded: 2, quarantined: 0 });
    const next = restored.claim({ ...run, leaseMs: 1e6, series: [btc] });
    expect(next.claimId).toBeGreaterThan(2 ** 32);
    expect(next.claimId).toBeGreaterThan(after);
  });
});

test('each restore begins an epoch above all before, also from the same snapshot', async () => {
  const { take, places, ledger } = trainedState();
  const { name } = await take();
  ledger.close();
  expect([1, 2, 3].map(() => restore(places, name).epoch)).toEqual([1, 2, 3]);
});

/** These are passed for each part of the state. */
const perPart = ['restore:aside', 'restore:moved'];
const deaths = commandPoints('restore').flatMap((point) =>
  (perPart.includes(point) ? [1, 3, 5, 6] : [1]).map((nth) => [point, nth] as const),
);

test.each(deaths)(
  'a crash at %s (%i): the old state, or a message and then the new one',
  async (point, nth) => {
    const { take, places, promote, ledger, modelsDir, env } = trainedState();
    const { name } = await take();
    promote(2, 'back to two');
    ledger.close();
    expect(() => restore(places, name, crashAt(point, nth))).toThrow(Crash);
    if (point === 'restore:staged') {
      holdState(places.ledgerFile)();
      expect(readCurrent(modelsDir)).toBe(versionIdOfStates(2));
      withLedger(places, (old) => expect(old.champion()?.versionId).toBe(versionIdOfStates(2)));
      expect(resumeRestore(places.ledgerFile)).toBeUndefined();
      expect(restore(places, name).champion).toBe(versionIdOfStates(3));
      return;
    }
    expect(() => holdState(places.ledgerFile)).toThrow(/restore was interrupted.*restore --resume/);
    expect(() => restore(places, name)).toThrow(/restore was interrupted.*restore --resume/);
    const resumed = await autotrainCommand(['ledger', 'restore', '--resume', '--json'], env);
    expect(JSON.parse(resumed.text)).toMatchObject({ ok: true, champion: versionIdOfStates(3), epoch: 1 });
    expect(existsSync(restoreJournal(places.ledgerFile))).toBe(false);
    holdState(places.ledgerFile)();
    expect(readCurrent(modelsDir)).toBe(versionIdOfStates(3));
    withLedger(places, (restored) => expect(restored.epoch()).toBe(1));
    for (const folder of [places.dataDir, modelsDir, join(places.ledgerFile, '..')])
      expect(readdirSync(folder).filter((entry) => entry.includes('.restoring'))).toEqual([]);
  },
);

const completing = deaths.filter(([point]) => point !== 'restore:staged' && point !== 'restore:journalled');

test.each(completing)(
  'who completes it is killed too, at %s (%i), and the next one ends it',
  async (point, nth) => {
    const { take, places, promote, ledger, modelsDir } = trainedState();
    const { name } = await take();
    promote(2, 'back to two');
    ledger.close();
    expect(() => restore(places, name, crashAt('restore:journalled'))).toThrow(Crash);
    expect(() => resumeRestore(places.ledgerFile, crashAt(point, nth))).toThrow(Crash);
    expect(() => holdState(places.ledgerFile)).toThrow(/restore was interrupted.*restore --resume/);
    const done = resumeRestore(places.ledgerFile);
    expect(done).toMatchObject({ champion: versionIdOfStates(3), epoch: 1 });
    expect(done?.kept_aside).toEqual(expect.arrayContaining([expect.stringContaining('ledger.sqlite')]));
    expect(resumeRestore(places.ledgerFile)).toBeUndefined();
    expect(readCurrent(modelsDir)).toBe(versionIdOfStates(3));
    expect(readVersion(modelsDir, versionIdOfStates(3)).modelHash).toBeTruthy();
    withLedger(places, (restored) => expect(restored.epoch()).toBe(1));
  },
);

/** Before anything, with the landing folder aside, with the ledger aside. */
test.each([
  ['restore:journalled', 1],
  ['restore:aside', 3],
  ['restore:aside', 6],
] as const)('after a crash at %s (%i) no command writes until it is completed', async (point, nth) => {
  const { take, places, ledger, env, dataDir } = trainedState();
  const { name } = await take();
  ledger.close();
  expect(() => restore(places, name, crashAt(point, nth))).toThrow(Crash);
  const given = join(dataDir, 'given.csv');
  writeFileSync(given, 'timestamp,open,high,low,close,volume\n1654041600000,1,1,1,1,1\n');
  for (const words of [
    ['import', given, '--series', btc],
    ['lineage', 'new', '--series', btc, '--reason', 'test'],
    ['ledger', 'snapshot'],
    ['audit', 'verify'],
    ['days', '--strategy', 'momentum_breakout', '--instrument', 'BTCUSDT'],
  ]) {
    const { code, text } = await autotrainCommand(words, env);
    // What is aside already is not found at all.
    expect({ code, text }).toMatchObject({ code: 1, text: expect.stringMatching(/--resume|there is no/) });
  }
  const imported = await autotrainCommand(['import', given, '--series', btc], env);
  expect(imported.text).toMatch(/restore was interrupted.*restore --resume/);
  const done = resumeRestore(places.ledgerFile)!;
  const aside = done.kept_aside.find((path) => path.includes('ledger.sqlite'))!;
  const old = openLedger({ path: aside, domain: 'production', readonly: true });
  expect(old.champion()).toMatchObject({ versionId: versionIdOfStates(3) });
  old.close();
  expect((await autotrainCommand(['import', given, '--series', btc], env)).text).not.toMatch(/interrupted/);
});

/** In a process of its own, whose locks end with it. */
const killedAt = (task: { places: Places; name?: string; point: string }): void => {
  const script = new URL('./killed.fixture.ts', import.meta.url).pathname;
  const { signal, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, JSON.stringify(task)]);
  expect({ task, signal, stderr: String(stderr) }).toEqual({ task, signal: 'SIGKILL', stderr: '' });
};

test('one process after the other is killed at the next point, and the one that nobody kills ends it', async () => {
  const { take, places, promote, ledger, modelsDir } = trainedState();
  const { name } = await take();
  promote(2, 'back to two');
  ledger.close();
  const points = commandPoints('restore');
  const begun = points.indexOf('restore:journalled') + 1;
  for (const point of points.slice(0, begun)) killedAt({ places, name, point });
  for (const point of points.slice(begun)) killedAt({ places, point });
  expect(resumeRestore(places.ledgerFile)).toMatchObject({ champion: versionIdOfStates(3) });
  holdState(places.ledgerFile)();
  expect(readCurrent(modelsDir)).toBe(versionIdOfStates(3));
  withLedger(places, (restored) => expect(restored.epoch()).toBe(1));
}, 90_000);

test('a damaged snapshot, or one of another domain, changes nothing', async () => {
  const { take, places, ledger } = trainedState();
  const { name } = await take();
  expect(() => restore({ ...places, domain: 'research' }, name)).toThrow(/domain "production"/);
  rmSync(join(places.snapshotDir, name, 'registry', versionIdOfStates(2)), { recursive: true });
  expect(() => restore(places, name)).toThrow(/damaged, nothing was changed/);
  expect(ledger.epoch()).toBe(0);
  expect(verifySnapshot(places.snapshotDir, name).ok).toBe(false);
});

test('the command takes, lists, verifies and restores', async () => {
  const { ledger, env } = trainedState();
  ledger.close();
  const json = async (...argv: string[]) =>
    JSON.parse((await autotrainCommand(['ledger', ...argv, '--json'], env)).text);
  const { ok, name } = await json('snapshot');
  expect(ok).toBe(true);
  expect(await json('list')).toMatchObject({ snapshots: [{ name, versions: 2 }] });
  expect(await json('verify')).toMatchObject({ ok: true, name });
  expect(await json('restore', 'latest')).toMatchObject({ ok: true, snapshot: name });
  expect(await json('restore', 'nope')).toMatchObject({ ok: false });
  expect((await autotrainCommand(['ledger'], env)).code).toBe(2);
  expect((await autotrainCommand(['ledger', 'restore'], env)).code).toBe(2);
});
