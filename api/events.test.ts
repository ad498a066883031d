import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { until } from '../tests/support/until.ts';
import { appWith } from './app.fixture.ts';
import { type Listening, listen } from './listen.ts';
import type { Live, LiveChange } from './live.ts';

let server: Listening | undefined;
afterEach(() => server?.stop());

/** A ledger that never rests; each value is long, so that what the sockets hold is soon full. */
const busyLive = () => {
  const followers = new Set<(change: LiveChange) => void>();
  const stoppers = new Set<() => void>();
  const live: Live = {
    newest: () => [],
    onChange: (follower) => {
      followers.add(follower);
      return () => void followers.delete(follower);
    },
    onStop: (stopper) => {
      stoppers.add(stopper);
      return () => void stoppers.delete(stopper);
    },
    stop: () => stoppers.forEach((stop) => stop()),
  };
  const long = 'x'.repeat(300_000);
  const change = (atMs: number): void =>
    followers.forEach((tell) => tell({ topic: 'ledger', atMs, value: long }));
  return { live, change, followers };
};

const changes = 300;

it('a client that reads nothing costs no memory: of what it did not take it gets the newest value alone', async () => {
  const { live, change, followers } = busyLive();
  server = await listen(appWith({ live }).app, { host: '127.0.0.1', ports: [0] });
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.pause();
  socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
  await until('it is followed', () => followers.size === 1);
  for (let at = 1; at <= changes; at += 1) {
    change(at);
    // Time enough for what does read.
    await delay(1);
  }
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1').replaceAll(/x+/g, '');
  });
  socket.resume();
  await until('the newest came', () => text.includes(`"atMs":${changes},`));
  const came = [...text.matchAll(/"atMs":(\d{1,3}),/g)].map(([, at]) => Number(at));
  expect(came.length).toBeLessThan(changes / 2);
  expect(came).toEqual([...came].sort((a, b) => a - b));
  live.stop();
  socket.destroy();
  await until('it is forgotten', () => followers.size === 0);
}, 30_000);
