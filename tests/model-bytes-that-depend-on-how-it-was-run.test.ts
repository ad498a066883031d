import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { replayFolder, startOnce } from './processes/start-once.ts';

const homes: string[] = [];
afterAll(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })));

const modelBytes = async (env: Record<string, string>): Promise<string> => {
  const home = mkdtempSync(path.join(tmpdir(), 'autotrain-bytes-'));
  homes.push(home);
  const { summary } = await startOnce({
    STATE_DIR: home,
    SIM_REPLAY: replayFolder,
    SYMBOLS: 'BTC/USDT,ETH/USDT',
    TIMEFRAME: '1h',
    EXACTLY_ONCE: 'false',
    TRAIN_WINDOW_DAYS: '120',
    ...env,
  });
  if (!summary.version?.promoted)
    throw new Error(`nothing promoted: ${summary.reason ?? summary.version?.message}`);
  return readFileSync(
    path.join(home, 'models', 'registry', summary.version.version_id, 'model.json'),
    'utf8',
  );
};

it('the same candles and seed give the same model.json; another seed another one', async () => {
  const reference = await modelBytes({ BATCH_LIMIT: '1000', TRAIN_THREADS: '2' });
  expect(await modelBytes({ BATCH_LIMIT: '500', TRAIN_THREADS: '1' })).toBe(reference);
  expect(await modelBytes({ TRAIN_SEED: '43' })).not.toBe(reference);
}, 300_000);
