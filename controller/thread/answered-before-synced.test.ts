import { fstatSync, statSync } from 'node:fs';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { afterEach, expect, test, vi } from 'vitest';
import { loadStrategySchemas } from '../../strategy_schemas/load.ts';
import { hmm, newPath, open, openWithPresets } from '../controller.fixture.ts';
import type { Answer, FromThread, Request } from './protocol.ts';
import { serveController } from './serve.ts';

/** What the disk does when the log is synced. */
const disk = vi.hoisted(() => ({ sync: (_log: number): void => {} }));

vi.mock('node:fs', async (original) => ({
  ...(await original<object>()),
  fdatasyncSync: (log: number) => disk.sync(log),
}));

const ends: (() => void)[] = [];
afterEach(() => {
  disk.sync = () => {};
  for (const end of ends.splice(0)) end();
});

/** What owns the store in a thread, without the thread. */
const serving = () => {
  const path = newPath();
  openWithPresets({ path }).close();
  const { port1: inside, port2: outside } = new MessageChannel();
  const schemas = loadStrategySchemas();
  const limits = { seed: 42, epsilon: 0, l2: 1, maxPresets: 12, decisionTtlMs: 900_000 };
  const answers: Answer[] = [];
  outside.on('message', (message: FromThread) => {
    if (typeof message === 'string') answers.push(...(JSON.parse(message) as Answer[]));
  });
  serveController(inside, { path, domain: 'production', schemas, ...limits });
  ends.push(() => outside.postMessage({ close: true }));
  const ask = (ids: readonly number[]): void => {
    const requests = ids.map(
      (id): Request => ({ id, method: 'decide', args: [{ ...hmm, features: { ret: id } }] }),
    );
    outside.postMessage(JSON.stringify(requests));
  };
  return { path, answers, ask, outside };
};

const stored = (path: string): number => {
  const beside = open({ path });
  const { decisions } = beside.summary();
  beside.close();
  return decisions;
};

/** Whether anything but "opened" was sent by now, whoever listens. */
const isAnswered = (outside: MessagePort): boolean => {
  const message = receiveMessageOnPort(outside)?.message as FromThread | undefined;
  return message !== undefined && (typeof message === 'string' || isAnswered(outside));
};

test('the log is synced behind the commit and before any of its answers', async () => {
  const { path, answers, ask, outside } = serving();
  const seen: object[] = [];
  disk.sync = (log) => {
    const isLog = fstatSync(log).ino === statSync(`${path}-wal`).ino;
    seen.push({ isLog, stored: stored(path), answered: isAnswered(outside) });
  };
  ask([1, 2]);
  await vi.waitFor(() =>
    expect(answers.map(({ id, ok }) => [id, ok])).toEqual([
      [1, true],
      [2, true],
    ]),
  );
  expect(seen).toEqual([{ isLog: true, stored: 2, answered: false }]);
});

test('a decision whose sync the disk refused is not answered as made, and the next one is', async () => {
  const { answers, ask } = serving();
  disk.sync = () => {
    throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
  };
  ask([1]);
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  expect(answers[0]).toMatchObject({ id: 1, ok: false, error: { code: 'EIO' } });
  disk.sync = () => {};
  ask([2]);
  await vi.waitFor(() => expect(answers[1]).toMatchObject({ id: 2, ok: true }));
});
