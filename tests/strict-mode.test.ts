import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { TrainAnswer } from '../api/training.ts';
import { checkDispositions } from './support/disposition-checker.ts';
import { openRig, type Rig } from './support/rig.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

let rig: Rig;
afterEach(() => rig.close());

const begin = async (settings: Record<string, string> = {}): Promise<void> => {
  rig = await openRig(temporal, { settings: { EXACTLY_ONCE: 'true', ...settings } });
  await rig.startTrain();
};

const train = async (request: { nStates?: number } = {}): Promise<TrainAnswer> =>
  (await rig.training.train({ ...request, wait: true })) as TrainAnswer;

const addUp = () => {
  const { dataDir, modelsDir, ledgerFile } = rig.config.paths;
  const { problems, counts } = checkDispositions({ ledgerFile, dataDir, modelsDir, timeframeMs: 60_000 });
  expect(problems).toEqual([]);
  return counts;
};

describe('strict mode through the workflows', () => {
  it('trains each candle of each series once, over several retrains', async () => {
    await begin();
    rig.land(200);
    expect(await train()).toMatchObject({
      version_id: 'n/a',
      message: expect.stringMatching(/not enough new data: .*200 candles for the genesis/),
    });
    rig.land(200);
    const first = await train();
    expect(first).toMatchObject({ promoted: true, metadata: { claimed_files: 4, n_states: 2 } });
    rig.land(100);
    const second = await train();
    expect(second.metadata).toMatchObject({ claimed_files: 2, parent_version: first.version_id });
    expect(addUp()).toEqual({ trained: 1000 });
    const heads = readFileSync(
      path.join(rig.config.paths.modelsDir, 'registry', second.version_id, 'heads.json'),
      'utf8',
    );
    expect(Object.keys((JSON.parse(heads) as { series: object }).series)).toEqual(
      ['BTC', 'ETH'].map((coin) => `binance:${coin}/USDT:1m`),
    );
  });

  it('refuses another number of states than the lineages have, before anything is claimed', async () => {
    await begin({ SYMBOLS: 'BTC/USDT' });
    rig.land(400);
    await train();
    rig.land(100);
    await expect(train({ nStates: 3 })).rejects.toMatchObject({
      type: 'LineageFixed',
      message: expect.stringMatching(/#1 has 2 states since its genesis, 3 were asked for/),
    });
    expect(rig.ledger.fileCounts()).toMatchObject({ downloaded: 1, processing: 0 });
    expect(await train({ nStates: 2 })).toMatchObject({ metadata: { claimed_files: 1 } });
  });
});
