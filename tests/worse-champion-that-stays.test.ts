import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { TrainAnswer } from '../api/training.ts';
import type { SeriesModel } from '../registry/model-file.ts';
import { promoteId, taskQueues, watchId } from '../workflows/ids.ts';
import { openRig, type Rig } from './support/rig.ts';
import { type Trainer, trainAndPass } from './support/trainers.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const btc = 'binance:BTC/USDT:1m';

let rig: Rig;
afterEach(() => rig.close());

/** A model that takes every feature for narrower than it is: ln f + 1/(2f²) − 1/2 nats per feature worse on a Gaussian. */
const worsened = (model: SeriesModel, factor: number): SeriesModel => ({
  ...model,
  scaler: { ...model.scaler, scale: model.scaler.scale.map((scale) => scale * factor) },
});

/** Whatever it is told to: what is promoted is worse than what was learned, the lineage's head is not. */
const spoiling = () => {
  const state = { factor: 1 };
  const trainer: Trainer = {
    ...trainAndPass,
    trainStrict: async (job, options) => {
      const trained = await trainAndPass.trainStrict(job, options);
      return { ...trained, model: worsened(trained.model, state.factor) };
    },
  };
  return { state, trainer };
};

const begin = async (settings: Record<string, string> = {}) => {
  const { state, trainer } = spoiling();
  const strict = { SYMBOLS: 'BTC/USDT', EXACTLY_ONCE: 'true', PROMOTION_MIN_CANDLES: '500' };
  rig = await openRig(temporal, { settings: { ...strict, ...settings }, trainer });
  await rig.startTrain();
  return state;
};

const retrain = async (candles: number): Promise<TrainAnswer> => {
  rig.land(candles);
  return (await rig.training.train({ wait: true })) as TrainAnswer;
};
const watch = () =>
  rig.client.workflow.execute('watch', { workflowId: watchId, taskQueue: taskQueues.train, args: [] });
const look = () => rig.ledger.lastLook(rig.ledger.champion()!.fence, btc);

it('is rolled back once 500 later candles show it, promotions are held, and the lineage learns on', async () => {
  const state = await begin({ TRAINING_KILL_DROP: '1000' });
  const first = await retrain(700);
  state.factor = 0.6;
  const second = await retrain(300);
  expect(second.promoted).toBe(true);
  state.factor = 1;
  rig.land(400);
  await watch();
  expect(rig.ledger.champion()?.versionId).toBe(second.version_id);
  expect(look()).toBeUndefined();

  rig.land(150);
  await watch();
  const champion = rig.ledger.champion();
  expect(champion).toMatchObject({
    ...{
      versionId: first.version_id,
      previousVersionId: second.version_id,
      kind: 'rollback',
      actor: 'watch',
    },
    reason: expect.stringMatching(
      /^binance:BTC\/USDT:1m: -\d+\.\d+ nats\/candle against its predecessor on 5\d\d later candles, surely below -\d+\.\d+ \(look 1\); ROLLBACK_MAX_DROP is 0\.02$/,
    ),
  });
  expect(rig.ledger.alerts({ limit: 1 })).toMatchObject([{ kind: 'rollback', workflowId: promoteId }]);
  await watch();
  expect(rig.ledger.champion()).toEqual(champion);

  const third = (await rig.training.train({ wait: true })) as TrainAnswer;
  expect(third).toMatchObject({
    promoted: false,
    message: expect.stringMatching(/^not promoted: promotions are held until .*ROLLBACK_COOLDOWN/),
  });
  const file = path.join(rig.config.paths.modelsDir, 'registry', third.version_id, 'metadata.json');
  const metadata = JSON.parse(readFileSync(file, 'utf8')) as {
    lineages: Record<string, { parent_version: string }>;
    dispositions: { trained: number };
  };
  expect(metadata.lineages[btc]?.parent_version).toBe(second.version_id);
  expect(metadata.dispositions.trained).toBe(550);

  const byHand = { kind: 'promote', actor: 'a person', versionId: third.version_id } as const;
  await rig.training.decide({ ...byHand, requestId: 'by hand' });
  rig.land(520);
  await watch();
  expect(look()).toMatchObject({ look: 1 });
  expect(rig.ledger.champion()?.versionId).toBe(third.version_id);
});

it('is rolled back also by a watch that died between finding and acting; far worse kills the loop, once', async () => {
  await begin();
  const first = await retrain(700);
  const second = await retrain(100);
  const { fence } = rig.ledger.champion()!;
  const found = { promotionFence: fence, series: btc, look: 1, candles: 600, difference: -0.6, upper: -0.5 };
  rig.ledger.recordLook(found);
  await watch();
  expect(rig.ledger.champion()).toMatchObject({
    versionId: first.version_id,
    previousVersionId: second.version_id,
  });
  expect(rig.ledger.trainingKill()).toMatchObject({
    cause: `promotion:${fence}`,
    actor: 'watch',
    reason: expect.stringContaining('TRAINING_KILL_DROP is 0.2'),
  });
  await expect(retrain(100)).rejects.toMatchObject({ type: 'TrainingKilled' });
  rig.ledger.resumeTraining({ actor: 'a person', reason: 'a listing' });
  await watch();
  expect(rig.ledger.trainingKill()).toBeUndefined();
});
