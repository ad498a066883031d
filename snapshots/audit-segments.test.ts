import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { auditFolders } from '../audit/folders.ts';
import { autotrainCommand } from '../cli/autotrain.ts';
import { loadConfig } from '../config.ts';
import { filesUnder } from './folders.ts';
import { placesOf } from './places.ts';
import { restoreSnapshot } from './restore.ts';
import { openStore, trainedState } from './snapshots.fixture.ts';
import { verifySnapshot } from './verify.ts';

type State = ReturnType<typeof trainedState>;

/** Moves all rows of both logs to segments, after one more act in each. */
const rotateBoth = ({ ledger, places }: State): void => {
  const folders = auditFolders(places.dataDir);
  ledger.audit({ actor: 'ann', action: 'note', subject: 'test' });
  expect(ledger.rotateAudit({ folder: folders.ledger, beforeMs: Date.now() + 1 })).toBeGreaterThan(0);
  const controller = openStore(places.controllerFile);
  controller.kill({ state: 'HALTED', actor: 'ann', reason: 'test' });
  expect(controller.rotateAudit({ folder: folders.controller, beforeMs: Date.now() + 1 })).toBeGreaterThan(0);
  controller.close();
};

const verdict = async (env: Record<string, string>) => {
  const { code, text } = await autotrainCommand(['audit', 'verify', '--json'], env);
  const { logs } = JSON.parse(text);
  return { code, ledger: logs.ledger.segments, controller: logs.controller.segments };
};

/** Settings of a disk on which there is nothing. */
const emptyRoot = (env: State['env']) => {
  const root = mkdtempSync(join(tmpdir(), 'autotrain-new-disk-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const dataDir = join(root, 'ml');
  return {
    ...env,
    ...{ STATE_DIR: root, DATA_DIR: dataDir, MODELS_DIR: join(root, 'models') },
    ...{ LEDGER_DB: join(dataDir, 'ledger.sqlite'), PC_DB: join(dataDir, 'controller.sqlite') },
  };
};

test('on a new disk both audit logs are whole, their rotated segments included', async () => {
  const state = trainedState();
  rotateBoth(state);
  rotateBoth(state);
  const { name } = await state.take();
  expect(verifySnapshot(state.places.snapshotDir, name)).toMatchObject({ ok: true, problems: [] });
  const env = emptyRoot(state.env);
  const places = { ...placesOf(loadConfig(env)), snapshotDir: state.places.snapshotDir };
  restoreSnapshot({ places, name, actor: 'test' });
  expect(await verdict(env)).toEqual({ code: 0, ledger: 2, controller: 2 });
});

test('segments that were made since the snapshot stay: where they lay, and beside the state that names them', async () => {
  const state = trainedState();
  rotateBoth(state);
  const { name } = await state.take();
  rotateBoth(state);
  state.ledger.close();
  const folder = join(state.places.dataDir, 'audit');
  const before = filesUnder(folder);
  expect(before).toHaveLength(4);
  const { kept_aside: aside } = restoreSnapshot({ places: state.places, name, actor: 'test' });
  expect(await verdict(state.env)).toEqual({ code: 0, ledger: 1, controller: 1 });
  expect(filesUnder(folder)).toEqual(before);
  expect(filesUnder(aside.find((path) => path.startsWith(`${folder}.replaced-`))!)).toEqual(before);
});

test('a snapshot without segments, as older ones are, takes none away', async () => {
  const state = trainedState();
  const { name } = await state.take();
  rotateBoth(state);
  state.ledger.close();
  const folder = join(state.places.dataDir, 'audit');
  const before = filesUnder(folder);
  restoreSnapshot({ places: state.places, name, actor: 'test' });
  expect(filesUnder(folder)).toEqual(before);
  expect(await verdict(state.env)).toEqual({ code: 0, ledger: 0, controller: 0 });
});
