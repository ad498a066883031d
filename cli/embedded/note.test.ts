import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../config.ts';
import { startSimulation } from './simulator.ts';
import { runningServer } from './temporal-server.ts';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), 'autotrain-note-'));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const note = (): string => path.join(stateDir, 'simulator.json');
const ledgerFile = (): string => path.join(stateDir, 'ledger.sqlite');

const simulate = async (): Promise<void> => {
  const env = { STATE_DIR: stateDir, LEDGER_DB: ledgerFile(), SIM_SEED: '7', SYMBOLS: 'BTC/USDT' };
  await (await startSimulation(loadConfig(env))).close();
};

it('the note of the simulated exchange is written once, as a whole, and read again', async () => {
  writeFileSync(note(), '');
  linkSync(note(), path.join(stateDir, 'before'));
  await simulate();
  // It was replaced: what was there is whole for whoever reads it meanwhile, or dies.
  expect(readFileSync(path.join(stateDir, 'before'), 'utf8')).toBe('');
  const text = readFileSync(note(), 'utf8');
  expect(JSON.parse(text)).toEqual({ anchorMs: expect.any(Number) });
  await simulate();
  expect(readFileSync(note(), 'utf8')).toBe(text);
  expect(readdirSync(stateDir).sort()).toEqual(['before', 'simulator.json']);
});

it.each(['', '{"anch', '{}'])(
  'a note %j beside a ledger is told with its file and what to do',
  async (text) => {
    writeFileSync(note(), text);
    writeFileSync(ledgerFile(), '');
    await expect(simulate()).rejects.toThrow(/simulator\.json cannot be read .*"anchorMs".*STATE_DIR/);
    expect(readFileSync(note(), 'utf8')).toBe(text);
  },
);

it.each(['', '{"pid', '{}', '{"pid":"1","port":7233,"uiPort":8233}'])(
  'a note %j of a server is that of none',
  (text) => {
    mkdirSync(path.join(stateDir, 'temporal'));
    writeFileSync(path.join(stateDir, 'temporal', 'server.json'), text);
    expect(runningServer(stateDir)).toBeUndefined();
  },
);
