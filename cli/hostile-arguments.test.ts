import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileText } from '../api/fuzz/arbitraries.fixture.ts';
import { openController } from '../controller/open.ts';
import { holdState } from '../ledger/in-use.ts';
import { openLedger } from '../ledger/open.ts';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import { autotrainCommand } from './autotrain.ts';
import { lineageCommand } from './lineage.ts';

const home = mkdtempSync(path.join(tmpdir(), 'autotrain-arguments-'));
const env = {
  STATE_DIR: home,
  DATA_DIR: path.join(home, 'ml'),
  LEDGER_DB: path.join(home, 'manifest.sqlite'),
  PC_DB: path.join(home, 'pc.sqlite'),
  MODELS_DIR: path.join(home, 'models'),
};

beforeAll(() => {
  openLedger({ path: env.LEDGER_DB, domain: 'production' }).close();
  // As the worker leaves it that makes a ledger: the file of its lock is there.
  holdState(env.LEDGER_DB)();
  const options = { seed: 1, epsilon: 0, l2: 1, maxPresets: 12, decisionTtlMs: 1_000 };
  openController({
    path: env.PC_DB,
    domain: 'production',
    schemas: loadStrategySchemas(),
    ...options,
  }).close();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const commands: Readonly<Record<string, (value: string) => string[]>> = {
  why: (value) => ['why', value],
  'evaluation --strategy': (value) => ['evaluation', '--strategy', value, '--instrument', 'BTCUSDT'],
  'evaluation --instrument': (value) => ['evaluation', '--strategy', 'hmm', '--instrument', value],
  'evaluation --days': (value) => ['evaluation', '--strategy', 'hmm', '--instrument', 'X', '--days', value],
  'ledger verify': (value) => ['ledger', 'verify', value],
  'ledger restore': (value) => ['ledger', 'restore', value],
  'an unknown command': (value) => [value],
};

const lineageCommands: Readonly<Record<string, (value: string) => string[]>> = {
  'lineage new --series': (value) => ['new', '--series', value, '--reason', 'test'],
  'lineage rewind --series': (value) => [
    'rewind',
    '--series',
    value,
    '--to',
    '20240101T000000Z__hmm4__00000004',
  ],
  'lineage rewind --to': (value) => ['rewind', '--series', 'binance:BTC/USDT:1h', '--to', value],
  'lineage list --series': (value) => ['list', '--series', value],
};

const run = async (command: string, value: string) =>
  command.startsWith('lineage')
    ? lineageCommand([...lineageCommands[command]!(value), '--json'], env)
    : await autotrainCommand([...commands[command]!(value), '--json'], env);

describe('a hostile argument is refused in one JSON object, without a stack, and makes no file', () => {
  it.each([...Object.keys(commands), ...Object.keys(lineageCommands)])('%s', async (command) => {
    const before = readdirSync(home, { recursive: true }).filter((name) => !/-(wal|shm)$/.test(String(name)));
    const property = fc.asyncProperty(hostileText, async (value) => {
      const { code, text } = await run(command, value);
      expect([0, 1, 2]).toContain(code);
      expect((JSON.parse(text) as { ok: boolean }).ok).toBe(code === 0);
      expect(text).not.toMatch(/\\n\s+at .*:\d+:\d+|SQLITE_|TypeError|undefined is not/);
    });
    await fc.assert(property, { numRuns: 25, seed: 1 });
    const after = readdirSync(home, { recursive: true }).filter((name) => !/-(wal|shm)$/.test(String(name)));
    expect(after).toEqual(before);
  });
});
