import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { btc } from '../api/app.fixture.ts';
import { autotrainCommand } from '../cli/autotrain.ts';
import { Crash, crashAt } from '../ledger/ledger.fixture.ts';
import { openLedger } from '../ledger/open.ts';
import { Sqlite } from '../sqlite.ts';
import type { Places } from './places.ts';
import { restoreSnapshot, resumeRestore } from './restore.ts';
import { openStore, trainedState } from './snapshots.fixture.ts';

const restore = (places: Places, name: string) => restoreSnapshot({ places, name, actor: 'restorer' });

const byHand = { cause: 'by hand', actor: 'ann', reason: 'it drifts' };
const halt = { state: 'HALTED', actor: 'bob', reason: 'the exchange is odd' } as const;

const haltTrading = ({ controllerFile }: Places): void => {
  const controller = openStore(controllerFile);
  controller.kill(halt);
  controller.kill({ ...halt, state: 'REDUCING', strategy: 'momentum_breakout', reason: 'losses' });
  controller.close();
};

/** What holds in the state that is there now, and who acted last. */
const heldIn = ({ ledgerFile, controllerFile, domain }: Places) => {
  const ledger = openLedger({ path: ledgerFile, domain });
  const controller = openStore(controllerFile);
  try {
    return {
      training: ledger.trainingKill(),
      trading: controller.standing().trading_states,
      ledgerActs: ledger.auditTrail({ limit: 2 }),
      tradingActs: controller.audit({ limit: 2 }),
    };
  } finally {
    ledger.close();
    controller.close();
  }
};

const killedAfterItsSnapshot = async () => {
  const state = trainedState();
  const { name } = await state.take();
  state.ledger.killTraining(byHand);
  state.ledger.close();
  haltTrading(state.places);
  return { ...state, name };
};

test('what was killed since the snapshot stays killed, on record, until a person resumes it', async () => {
  const { places, name } = await killedAfterItsSnapshot();
  const done = restore(places, name);
  expect(done.kills_kept).toEqual([
    expect.stringMatching(/training loop was killed by ann .*it drifts/),
    expect.stringMatching(/trading of everything is HALTED .*\(by bob\): the exchange is odd/),
    expect.stringMatching(/trading of momentum_breakout is REDUCING .*losses/),
  ]);
  expect(done.kills_unknown).toEqual([]);
  const held = heldIn(places);
  expect(held.training).toMatchObject(byHand);
  expect(held.trading).toMatchObject([
    { target: '*', state: 'HALTED', actor: 'bob', reason: halt.reason },
    { target: 'momentum_breakout', state: 'REDUCING', actor: 'bob' },
  ]);
  expect(held.ledgerActs).toMatchObject([
    { action: 'training.kill', actor: 'restorer', detail: { carried_over: true, killed_by: 'ann' } },
    { action: 'ledger.restore' },
  ]);
  for (const act of held.tradingActs)
    expect(act).toMatchObject({ action: 'kill', actor: 'restorer', detail: { carried_over: true } });
  const ledger = openLedger({ path: places.ledgerFile, domain: places.domain });
  const claim = { workflowId: 'retrain:regimes', runId: 'new', leaseMs: 1000, series: [btc] };
  expect(() => ledger.claim(claim)).toThrow(expect.objectContaining({ code: 'TrainingKilled' }));
  ledger.resumeTraining({ actor: 'ann', reason: 'mended' });
  expect(ledger.claim(claim).files).toEqual([]);
  ledger.close();
});

test('a restore that was interrupted keeps them too, and says so when it is completed', async () => {
  const { places, name } = await killedAfterItsSnapshot();
  const request = { places, name, actor: 'restorer', crash: crashAt('restore:journalled') };
  expect(() => restoreSnapshot(request)).toThrow(Crash);
  expect(resumeRestore(places.ledgerFile)?.kills_kept).toHaveLength(3);
  expect(heldIn(places)).toMatchObject({ training: byHand, trading: [{ target: '*' }, {}] });
});

test('a cause that was resumed over when the snapshot was taken, and kills again since, kills on', async () => {
  const { places, ledger, take } = trainedState();
  const before = await take(1e12);
  ledger.killTraining(byHand);
  ledger.resumeTraining({ actor: 'ann', reason: 'mended' });
  const resumed = await take(1.1e12);
  ledger.close();
  restore(places, before.name);
  const again = openLedger({ path: places.ledgerFile, domain: places.domain });
  again.killTraining({ ...byHand, reason: 'again' });
  again.close();
  restore(places, resumed.name);
  expect(heldIn(places).training).toMatchObject({
    reason: 'again',
    cause: expect.stringContaining('by hand'),
  });
});

test('nothing is killed: nothing is carried over', async () => {
  const { places, ledger, take } = trainedState();
  const { name } = await take();
  ledger.close();
  expect(restore(places, name)).toMatchObject({ kills_kept: [], kills_unknown: [] });
  expect(heldIn(places)).toMatchObject({ training: undefined, trading: [] });
});

test.each(['ledgerFile', 'controllerFile'] as const)(
  'a damaged %s may hold a kill: refused, until somebody says that it shall not matter',
  async (which) => {
    const { places, ledger, take, env } = trainedState();
    const { name } = await take();
    ledger.close();
    writeFileSync(places[which], Buffer.alloc(8192, 7));
    for (const suffix of ['-wal', '-shm']) rmSync(places[which] + suffix, { force: true });
    expect(() => restore(places, name)).toThrow(
      /cannot be read \(.+\): whether tra.* was killed.*--without-kills/,
    );
    const { code, text } = await autotrainCommand(['ledger', 'restore', name, '--without-kills'], env);
    expect({ code, text }).toMatchObject({
      code: 0,
      text: expect.stringMatching(/NOT KNOWN {2}.*cannot be/),
    });
  },
);

test('a parameter store of before there were kills holds none', async () => {
  const { places, ledger, take } = trainedState();
  const { name } = await take();
  ledger.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(places.controllerFile + suffix, { force: true });
  const before = new Sqlite(places.controllerFile);
  before.exec(readFileSync(new URL('../controller/migrations/0000_init.sql', import.meta.url), 'utf8'));
  before.close();
  expect(restore(places, name)).toMatchObject({ kills_kept: [], kills_unknown: [] });
});

test('what is lost is said, and stops nobody', async () => {
  const { places, ledger, take } = trainedState();
  const { name } = await take();
  ledger.close();
  for (const file of [places.ledgerFile, places.controllerFile]) rmSync(file);
  expect(restore(places, name).kills_unknown).toEqual([
    expect.stringMatching(/ledger.sqlite is gone: whether training/),
    expect.stringMatching(/controller.sqlite is gone: whether trading/),
  ]);
});
