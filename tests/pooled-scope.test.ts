import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { reproduce } from '../activities/reproduce/reproduce.ts';
import { evaluate } from '../api/regimes.ts';
import { headHashOf, readHead } from '../registry/heads.ts';
import { readVersion } from '../registry/store.ts';
import { createTrainer } from '../workers/trainer.ts';
import { retrainId, taskQueues } from '../workflows/ids.ts';
import type { RetrainResult } from '../workflows/types.ts';
import { openRig, type Rig } from './support/rig.ts';
import { trainHere } from './support/trainers.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const btc = 'binance:BTC/USDT:1m';
const eth = 'binance:ETH/USDT:1m';
const threadUrl = new URL('./training-thread.mjs', import.meta.url);

let rig: Rig;
afterEach(() => rig.close());

const begin = async (exactlyOnce: boolean, trainer = trainHere): Promise<void> => {
  const settings = { MODEL_SCOPE: 'pooled', EXACTLY_ONCE: String(exactlyOnce), SYMBOLS: 'BTC/USDT,ETH/USDT' };
  rig = await openRig(temporal, { settings, trainer });
  await rig.startTrain();
};

const retrain = (request: { nStates?: number } = {}): Promise<RetrainResult> =>
  rig.client.workflow.execute('retrain', {
    workflowId: retrainId,
    taskQueue: taskQueues.train,
    args: [request],
  });

const modelsOf = (result: RetrainResult) =>
  readVersion(rig.config.paths.modelsDir, result.version_id).model.series;
const headOf = (result: RetrainResult, series: string) =>
  readHead({ modelsDir: rig.config.paths.modelsDir, versionId: result.version_id, series }).head;

/** Flips bytes of the newest waiting file of a series. */
const spoilNewestFile = (symbol: string): void => {
  const file = rig.ledger.files({ status: 'downloaded', limit: 100 }).find((one) => one.symbol === symbol)!;
  writeFileSync(path.join(rig.config.paths.dataDir, file.path), 'not candles');
};

/** What `autotrain reproduce` says of it. */
const again = ({ version_id }: RetrainResult) => {
  const { dataDir, modelsDir } = rig.config.paths;
  const places = { ledger: rig.ledger, dataDir, modelsDir, archiveDir: undefined, codeVersion: 'test' };
  const { reproduced, reason, series } = reproduce(places, version_id);
  return { reproduced, reason, series: series.map((one) => one.series) };
};

const theSame = { reproduced: true, reason: 'the same bytes', series: [btc, eth] };

const waiting = (): string[] =>
  rig.ledger.files({ status: 'downloaded', limit: 100 }).map(({ symbol }) => symbol);

describe('MODEL_SCOPE=pooled in sliding mode', () => {
  it('makes a version in which every series has the same model and a scaler of its own, in a real thread', async () => {
    await begin(false, createTrainer({ threads: 1, threadUrl }));
    rig.land(600);
    const result = await retrain();
    expect(result.promoted).toBe(true);
    const { [btc]: one, [eth]: two } = modelsOf(result);
    expect(one!.hmm).toEqual(two!.hmm);
    expect(one!.scaler).not.toEqual(two!.scaler);
    const row = Float64Array.of(0, Number.NaN, Number.NaN, Number.NaN);
    const known = { rows: row, sequenceStarts: [0], used: ['logret'], marginalised: [], ignored: [] };
    expect(Object.keys(evaluate(one!, known).probabilities)).toEqual(one!.regimes);
    expect(again(result)).toEqual(theSame);
  });

  it('leaves a series with a bad file out: the others are trained, it keeps the model it has', async () => {
    await begin(false);
    rig.land(600);
    const first = await retrain();
    rig.land(600);
    spoilNewestFile('ETH/USDT');
    const second = await retrain();
    expect(second.metadata.series.find(({ series }) => series === eth)!.outcome).toBe('CandleFileCorrupt');
    expect(modelsOf(second)[eth]).toEqual(modelsOf(first)[eth]);
    expect(rig.ledger.fileCounts().quarantined).toBe(1);
    expect(rig.ledger.openClaims()).toEqual([]);
    expect(again(second)).toEqual({ ...theSame, series: [btc] });
  });
});

describe('MODEL_SCOPE=pooled in strict mode', () => {
  it('begins when every series has enough, then moves all heads together, each candle with one disposition', async () => {
    await begin(true);
    rig.land(400, btc);
    const early = await retrain();
    expect(early.message).toMatch(
      /genesis of a pool needs TRAIN_MIN_POINTS=300 candles of each series: .*ETH.* has 0/,
    );
    expect(waiting()).toEqual(['BTC/USDT']);
    rig.land(400, eth);
    const first = await retrain();
    expect(first.promoted).toBe(true);
    rig.land(100, btc);
    const second = await retrain();
    for (const series of [btc, eth]) {
      expect(rig.ledger.activeLineage(series)!.headVersionId).toBe(second.version_id);
      expect(headOf(second, series).pool!.members).toEqual([btc, eth]);
    }
    expect(headOf(second, btc).online.model).toEqual(headOf(second, eth).online.model);
    for (const result of [first, second]) expect(again(result)).toEqual(theSame);
    expect(headOf(second, btc).pool!.delivered - headOf(first, btc).pool!.delivered).toBe(100);
    expect(headOf(second, eth).pool!.delivered).toBe(headOf(first, eth).pool!.delivered);
    const trained = rig.ledger.dispositions(`${btc}#1`).filter(({ kind }) => kind === 'trained');
    expect(trained.reduce((sum, { candles }) => sum + candles, 0)).toBe(500);
  });

  it('lets what comes after its round go by: skipped_late, and learned by nobody', async () => {
    await begin(true);
    rig.land(400);
    await retrain();
    rig.land(300, btc);
    const ahead = await retrain();
    rig.land(300, eth);
    rig.land(50, btc);
    const late = await retrain();
    const kinds = rig.ledger
      .dispositions(`${eth}#1`)
      .filter(({ versionId }) => versionId === late.version_id);
    const skipped = kinds
      .filter(({ kind }) => kind === 'skipped_late')
      .reduce((sum, one) => sum + one.candles, 0);
    expect(skipped).toBeGreaterThan(250);
    expect(kinds.reduce((sum, one) => sum + one.candles, 0)).toBe(300);
    expect(headOf(ahead, btc).online.lastBar).toBeGreaterThan(headOf(ahead, eth).pool!.delivered + 200);
  });

  it('goes on without a series whose file is bad, and takes it in again with the next', async () => {
    await begin(true);
    rig.land(400);
    await retrain();
    rig.land(60);
    spoilNewestFile('ETH/USDT');
    const second = await retrain();
    expect(second.metadata.series).toContainEqual(
      expect.objectContaining({ series: eth, outcome: 'CandleFileCorrupt' }),
    );
    expect(rig.ledger.openClaims()).toEqual([]);
    expect(again(second)).toEqual(theSame);
    rig.land(60);
    const third = await retrain();
    expect(third.metadata.series.map(({ series }) => series)).toEqual([btc, eth]);
    expect(headOf(third, eth).online.model).toEqual(headOf(third, btc).online.model);
  });

  it('goes back together or not at all', async () => {
    await begin(true);
    rig.land(400);
    const first = await retrain();
    rig.land(100);
    await retrain();
    const rewind = (series: string) => {
      const { versionId, lineage } = { versionId: first.version_id, lineage: `${series}#1` };
      const branch = { versionId, lineage, nStates: 2, headHash: headHashOf(headOf(first, series)) };
      rig.ledger.startLineage({
        ...{ series, branch, actor: 'a test', reason: 'a bad day', requeue: [], restored: [] },
      });
    };
    rewind(btc);
    rig.land(100);
    await expect(retrain()).rejects.toThrow();
    rewind(eth);
    const third = await retrain();
    for (const series of [btc, eth]) {
      expect(rig.ledger.activeLineage(series)).toMatchObject({
        lineage: `${series}#2`,
        headVersionId: third.version_id,
      });
      expect(headOf(third, series).pool!.delivered).toBe(headOf(first, series).pool!.delivered + 200);
    }
  });

  it('keeps states and scope of the pool: another number is refused and nothing is lost', async () => {
    await begin(true);
    rig.land(400);
    await retrain();
    rig.land(100);
    await expect(retrain({ nStates: 3 })).rejects.toThrow();
    expect(waiting().sort()).toEqual(['BTC/USDT', 'ETH/USDT']);
    expect(rig.ledger.files({ status: 'downloaded', limit: 9 }).map(({ attempts }) => attempts)).toEqual([
      0, 0,
    ]);
    expect((await retrain()).metadata.claimed_files).toBe(2);
  });
});
