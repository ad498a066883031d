import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { appWith } from '../api/app.fixture.ts';
import { listen } from '../api/listen.ts';
import { autotrainCommand } from './autotrain.ts';
import { type Bar, noBar, progressOn, withBar } from './progress.ts';

/** A terminal, as far as a bar can tell. */
const terminal = () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 24 });
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return { stream, text: () => text };
};

test('shows nothing within the first second, then share, rate and time left', () => {
  const { stream, text } = terminal();
  let nowMs = 0;
  const bar = progressOn(stream, () => nowMs)('verifying', 'bytes');
  nowMs = 900;
  bar.at(400, 1_000);
  expect(text()).toBe('');
  nowMs = 2_000;
  bar.at(500, 1_000);
  bar.end();
  expect(text()).toMatch(/verifying █+░+ 50 % {2}500\/1000 bytes {2}250\/s {2}ETA 2s/);
});

test('of work whose length nobody knows it shows the time that it took, and no share', () => {
  const { stream, text } = terminal();
  let nowMs = 0;
  const bar = progressOn(stream, () => nowMs)('commit', '');
  nowMs = 900;
  bar.wait();
  expect(text()).toBe('');
  nowMs = 2_000;
  bar.wait();
  bar.end();
  expect(text()).toMatch(/commit {2}\d+s/);
  expect(text()).not.toMatch(/%|░|ETA/);
});

test('what was done before somebody looked counts for no rate', () => {
  const { stream, text } = terminal();
  let nowMs = 0;
  const bar = progressOn(stream, () => nowMs)('fit', 'iterations', 'at once', 300);
  bar.at(300, 660);
  expect(text()).toContain('300/660 iterations  –/s  ETA –');
  nowMs = 2_000;
  bar.at(340, 660);
  bar.end();
  expect(text()).toContain('340/660 iterations  20/s  ETA 16s');
});

test('ends with the work, also when that fails', async () => {
  const { stream, text } = terminal();
  const bar = progressOn(stream)('training', 'series', 'at once');
  const failing = withBar(bar, (at) => {
    at(0, 2);
    throw new Error('the work failed');
  });
  await expect(failing).rejects.toThrow('the work failed');
  expect(text()).toContain('0/2 series');
  const written = text().length;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(text()).toHaveLength(written);
});

test('an ingest is followed by its watermarks', async () => {
  const lags = [900, 600, 100];
  let polls = 0;
  const { app, deps } = appWith();
  let ended = () => {};
  const until = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const view = () => {
    const lagCandles = lags[Math.min(polls, lags.length - 1)];
    polls += 1;
    if (polls >= lags.length) ended();
    return {
      ...deps.loop.view(),
      lags: [{ series: 'binance:BTC/USDT:1h', timeframeMs: 3_600_000, lagCandles, idleMs: 0 }],
    };
  };
  expect(app).toBeDefined();
  const slow = appWith({
    loop: { ...deps.loop, view },
    training: {
      ...deps.training,
      ingestOnce: async () => {
        await until;
        return { downloaded: 800, series: [], workflow_ids: [] };
      },
    },
  });
  const server = await listen(slow.app, { host: '127.0.0.1', ports: [0] });
  const seen: [number, number][] = [];
  const bar: Bar = { ...noBar, at: (done, total) => void seen.push([done, total]) };
  const { code } = await autotrainCommand(
    ['ingest', '--until', 'now', '--url', server.url],
    {},
    {
      progress: () => bar,
    },
  );
  await server.stop();
  expect(code).toBe(0);
  expect(seen.slice(0, 2)).toEqual([
    [0, 900],
    [300, 900],
  ]);
});
