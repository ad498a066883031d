import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { versionIdOfStates } from '../api/app.fixture.ts';
import { loadConfig } from '../config.ts';
import { filesUnder } from '../snapshots/folders.ts';
import { hashOfFile } from '../snapshots/manifest.ts';
import { trainedState } from '../snapshots/snapshots.fixture.ts';
import { describeRehearsal, rehearse } from './rehearse.ts';

const threads = { workerUrl: new URL('../tests/controller-thread.mjs', import.meta.url) };

/** Every file with its bytes; SQLite's shared memory is rebuilt by each reader, and holds nothing. */
const contentsOf = (root: string) =>
  filesUnder(root)
    .filter((path) => !/-(shm|wal)$/.test(path) && !path.endsWith('current'))
    .map((path) => [path, hashOfFile(join(root, path)).sha256]);

const scratchFolders = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('autotrain-rehearsal-'));

test('a snapshot of the live state is restored aside, predicts, is rolled back and predicts again', async () => {
  const { root, env, ledger } = trainedState();
  const before = [contentsOf(root), ledger.auditTrail({ limit: 99 }), ledger.epoch(), ledger.champion()];
  const scratch = scratchFolders();
  const done = await rehearse(loadConfig(env), threads);
  expect(done.steps.map(({ step, ok }) => [step, ok])).toEqual(
    ['snapshot', 'verify', 'restore', 'predict', 'rollback', 'predict again'].map((step) => [step, true]),
  );
  expect(done).toMatchObject({ champion: versionIdOfStates(3), predecessor: versionIdOfStates(2) });
  expect(done.steps[3]!.detail).toMatch(new RegExp(`^${versionIdOfStates(3)}: BTC/USDT [A-Z]`));
  expect(done.steps[5]!.detail).toMatch(new RegExp(`^${versionIdOfStates(2)}: BTC/USDT [A-Z]`));
  expect([contentsOf(root), ledger.auditTrail({ limit: 99 }), ledger.epoch(), ledger.champion()]).toEqual(
    before,
  );
  expect(scratchFolders()).toEqual(scratch);
  expect(describeRehearsal(done)).toContain('the state can be brought back');
});

test('a champion or candles that are lost are found by the rehearsal, not by the disaster', async () => {
  const { env, dataDir, modelsDir } = trainedState();
  rmSync(join(dataDir, 'incoming'), { recursive: true });
  const blind = await rehearse(loadConfig(env), threads);
  expect(blind).toMatchObject({ ok: false });
  expect(blind.steps.at(-1)).toMatchObject({ step: 'predict', ok: false });
  writeFileSync(join(modelsDir, 'registry', versionIdOfStates(3), 'model.json'), '{}');
  const lost = await rehearse(loadConfig(env), threads);
  expect(lost.steps).toMatchObject([{ step: 'snapshot', ok: false }]);
  expect(describeRehearsal(lost)).toContain('could not be brought back');
});
