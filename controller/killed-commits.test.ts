import { once } from 'node:events';
import path from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, expect, test, vi } from 'vitest';
import { commits } from '../ledger/crash-points.ts';
import { freshDir } from '../ledger/fresh.fixture.ts';
import { expectAllOrNothing } from '../ledger/killed.fixture.ts';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import { hmm, open } from './controller.fixture.ts';
import { acts, type KilledCommit, nowMs } from './killed-commits.fixture.ts';
import { serveController } from './thread/serve.ts';

const names = Object.keys(acts) as KilledCommit[];
const file = 'pc.sqlite';

afterEach(() => vi.restoreAllMocks());

test('every commit of the table that no world of tests/chaos dies in is one of these', () => {
  const mine = Object.entries(commits).filter(([, by]) => by.endsWith('store'));
  expect([...names].sort()).toEqual(mine.map(([name]) => name).sort());
});

/** `verify` holds the write lock while it compares and stores nothing; `batch` is the commit that the requests in it share. */
const notInTheTable = ['batch', 'verify'];

test('every method of the store that writes is a commit of the table', () => {
  const controller = open({ path: path.join(freshDir(), file) });
  const writing = Object.entries(controller).filter(([, method]) => /\bwrite\(/.test(method.toString()));
  controller.close();
  const missing = writing.map(([name]) => name).filter((name) => !(name in commits));
  expect(missing.sort()).toEqual(notInTheTable);
});

const prepared = (dir: string, name: KilledCommit): readonly unknown[] => {
  const controller = open({ path: path.join(dir, file), clock: () => nowMs });
  for (const [at, presetId] of ['calm', 'bold', 'wild'].entries())
    controller.register({ ...hmm, presetId, params: { threshold: at / 10 } });
  const args = acts[name](controller, dir);
  controller.close();
  return args;
};

/** Asks what the gateway's thread runs, and waits for its answer and its end. */
const ask = async (
  dir: string,
  request: { method: string; args: readonly unknown[] },
  passed: (point: string) => void,
): Promise<void> => {
  const { port1, port2 } = new MessageChannel();
  const options = { seed: 42, epsilon: 0, l2: 1, maxPresets: 12, decisionTtlMs: 900_000 };
  const answers: unknown[] = [];
  port2.on('message', (message) => answers.push(message));
  serveController(port1, { path: path.join(dir, file), schemas: loadStrategySchemas(), ...options }, passed);
  port2.postMessage(JSON.stringify([{ id: 1, ...request }]));
  port2.postMessage({ close: true });
  await once(port2, 'close');
  expect(answers).toEqual([{ opened: true }, expect.stringContaining('"ok":true')]);
};

test.each(names)('killed at the commit of %s: all of it is stored, or nothing', async (name) => {
  vi.spyOn(Date, 'now').mockReturnValue(nowMs);
  const before = freshDir();
  const args = prepared(before, name);
  /** Files that it writes lie beside the store that it is done to. */
  const argsIn = (dir: string) =>
    JSON.parse(JSON.stringify(args).replaceAll(before, dir)) as readonly unknown[];
  await expectAllOrNothing({
    ...{ before, file },
    act: (dir, passed) => ask(dir, { method: name, args: argsIn(dir) }, passed),
  });
});
