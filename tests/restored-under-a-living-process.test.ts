import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startSimulation } from '../cli/embedded/simulator.ts';
import { loadConfig } from '../config.ts';
import { holdStateAlone } from '../ledger/in-use.ts';
import { placesOf } from '../snapshots/places.ts';
import { restoreSnapshot } from '../snapshots/restore.ts';
import { takeSnapshot } from '../snapshots/take.ts';
import { filledState } from './processes/filled-state.ts';
import { startGatewayProcess } from './processes/gateway-process.ts';
import { startWorkerProcess } from './processes/worker-process.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
let state: ReturnType<typeof filledState>;
let simulator: Awaited<ReturnType<typeof startSimulation>>;
let env: Record<string, string>;
let kills: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  state = filledState(2);
  state.promote(2, 'first');
  state.ledger.close();
  simulator = await startSimulation(loadConfig(state.env));
  const server = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace };
  env = { ...state.env, ...server, EXCHANGE_URL: simulator.url };
});

afterEach(async () => {
  await Promise.all(kills.map((kill) => kill()));
  kills = [];
  await simulator.close();
  state.remove();
});

const killedGateway = async () => {
  const { child, gone } = await startGatewayProcess(env);
  const kill = () => {
    child.kill('SIGKILL');
    return gone;
  };
  return kill;
};

const killedWorker = async () => {
  const { kill } = await startWorkerProcess(env);
  return kill;
};

/** One that goes on for as long as it is let: what it reads is a pipe that nobody writes to. */
const killedImport = async () => {
  const pipe = path.join(state.root, 'candles.csv');
  if (!existsSync(pipe)) execFileSync('mkfifo', [pipe]);
  const command = fileURLToPath(new URL('../dist/cli/autotrain.js', import.meta.url));
  const child = spawn(process.execPath, [command, 'import', pipe, '--series', 'binance:BTC/USDT:1h'], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const gone = once(child, 'exit');
  const kill = () => {
    child.kill('SIGKILL');
    return gone;
  };
  kills.push(kill);
  const isHeld = () =>
    expect(() => holdStateAlone(state.env.LEDGER_DB)()).toThrow(expect.objectContaining({ code: 'InUse' }));
  await vi.waitFor(isHeld, { timeout: 20_000, interval: 100 });
  return kill;
};

test.each([
  ['a gateway', killedGateway],
  ['a worker', killedWorker],
  ['an import', killedImport],
])('a restore is refused while %s lives, and goes on when it was killed', async (_, start) => {
  const places = placesOf(loadConfig(state.env));
  const kill = await start();
  kills.push(kill);
  const { name } = await takeSnapshot({ places, atMs: Date.now() });
  const restore = () => restoreSnapshot({ places, name, actor: 'test' });
  expect(restore).toThrow(/a worker or a gateway works on it; stop all of them first/);
  await kill();
  expect(restore()).toMatchObject({ snapshot: name, epoch: 1 });
  const again = await start();
  kills.push(again);
  expect(restore).toThrow(expect.objectContaining({ code: 'InUse' }));
});
