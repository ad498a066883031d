import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { replayFolder, startOnce } from './processes/start-once.ts';

const homes: string[] = [];
afterAll(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })));

const newHome = (): string => {
  const home = mkdtempSync(path.join(tmpdir(), 'autotrain-bytes-'));
  homes.push(home);
  return home;
};

/** The bytes of a file of the version that one loop made. */
const bytesOf = async (name: string, env: Record<string, string>): Promise<string> => {
  const home = env['STATE_DIR'] ?? newHome();
  const { summary } = await startOnce({
    ...{ STATE_DIR: home, SIM_REPLAY: replayFolder, SYMBOLS: 'BTC/USDT,ETH/USDT', TIMEFRAME: '1h' },
    ...env,
  });
  const id = summary.version?.version_id ?? 'n/a';
  if (id === 'n/a') throw new Error(`no version: ${summary.reason ?? summary.version?.message}`);
  return readFileSync(path.join(home, 'models', 'registry', id, name), 'utf8');
};

/** From before the window on. */
const sliding = (env: Record<string, string>): Promise<string> =>
  bytesOf('model.json', { EXACTLY_ONCE: 'false', TRAIN_WINDOW_DAYS: '120', START_TS: '2024-01-01', ...env });

it('the same candles and seed give the same model.json; another seed another one', async () => {
  const reference = await sliding({ BATCH_LIMIT: '1000', TRAIN_THREADS: '2' });
  expect(await sliding({ BATCH_LIMIT: '500', TRAIN_THREADS: '1' })).toBe(reference);
  expect(await sliding({ TRAIN_SEED: '43' })).not.toBe(reference);
}, 300_000);

const headOf = (heads: string): unknown =>
  (JSON.parse(heads) as { series: Record<string, { head: unknown }> }).series['binance:BTC/USDT:1h']?.head;

it('in strict mode the same candles give the same head, also in other files and over two retrains', async () => {
  const one = { SYMBOLS: 'BTC/USDT', START_TS: '2022-01-01' };
  const atOnce = await bytesOf('heads.json', one);
  const inTwo = { ...one, STATE_DIR: newHome(), BATCH_LIMIT: '370' };
  await bytesOf('heads.json', { ...inTwo, SIM_UNTIL: '2023-01-01' });
  const later = await bytesOf('heads.json', inTwo);
  expect(JSON.stringify(headOf(later))).toBe(JSON.stringify(headOf(atOnce)));
}, 300_000);
