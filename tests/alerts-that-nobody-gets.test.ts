import { afterEach, expect, it } from 'vitest';
import type { AlertMessage } from '../alerts/message.ts';
import type { TrainAnswer } from '../api/training.ts';
import { retrainId, taskQueues, watchId } from '../workflows/ids.ts';
import { openRig, type Rig } from './support/rig.ts';
import { trainAndPass, trainerThatThrows } from './support/trainers.ts';
import { until } from './support/until.ts';
import { startReceiver } from './support/webhook-receiver.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

let rig: Rig;
let stop: () => void = () => undefined;
afterEach(async () => {
  await rig.close();
  stop();
});

const receiver = async () => {
  const started = await startReceiver();
  stop = started.stop;
  return { ...started, state: started, got: started.bodies as AlertMessage[] };
};

const begin = async (settings: Record<string, string>, trainer = trainAndPass): Promise<void> => {
  rig = await openRig(temporal, { settings: { SYMBOLS: 'BTC/USDT', ...settings }, trainer });
  await rig.startTrain();
};

/** What the schedule does once a minute. */
const watch = () =>
  rig.client.workflow.execute('watch', { workflowId: watchId, taskQueue: taskQueues.train, args: [] });

const retrain = async (): Promise<TrainAnswer> => (await rig.training.train({ wait: true })) as TrainAnswer;

it('promotion, stale candles and empty runs are told once, with a link; what is over is told as well', async () => {
  const { url, got } = await receiver();
  const ui = 'http://127.0.0.1:8233';
  await begin({ ALERT_WEBHOOK_URL: url, TEMPORAL_UI_URL: ui, ALERT_EMPTY_RUNS: '2' });
  rig.land(300);
  const { version_id } = await retrain();
  await watch();
  expect(got.map(({ kind }) => kind)).toEqual(['promotion']);
  expect(got[0]).toMatchObject({ subject: version_id, severity: 'info', domain: 'production' });
  expect(got[0]?.link).toMatch(
    new RegExp(`^${ui}/namespaces/${temporal.namespace}/workflows/promote%3Aregimes/[0-9a-f-]{36}$`),
  );
  for (let run = 0; run < 3; run++) await retrain();
  for (let tick = 0; tick < 3; tick++) await watch();
  expect(got.slice(1).map(({ kind, status }) => [kind, status])).toEqual([['empty_runs', 'firing']]);
  expect(rig.ledger.conditions()).toMatchObject([{ kind: 'empty_runs' }]);
});

it('a receiver that fails keeps nothing from being done, and gets everything in the end', async () => {
  const { url, got, state } = await receiver();
  await begin({ ALERT_WEBHOOK_URL: url });
  state.answer = (_, response) => void response.writeHead(500).end('no');
  for (const version of [1, 2, 3]) {
    rig.land(300);
    expect((await retrain()).promoted, `version ${version}`).toBe(true);
  }
  await watch();
  // Two in a row are enough to know; the third waits untried.
  expect(got).toHaveLength(2);
  expect(rig.ledger.alerts({ limit: 9 }).map(({ attempts, lastError }) => [attempts, lastError])).toEqual([
    [0, null],
    [1, 'HTTP 500'],
    [1, 'HTTP 500'],
  ]);
  state.answer = (_, response) => void response.end();
  await watch();
  expect(rig.ledger.alertCounts()).toEqual({ waiting: 2, givenUp: 0 });
  for (const { seq } of rig.ledger.alerts({ limit: 9 }))
    rig.ledger.alertPostponed(seq, { waitMs: -1, error: '' });
  await watch();
  expect(rig.ledger.alertCounts()).toEqual({ waiting: 0, givenUp: 0 });
  expect(new Set(got.map(({ id }) => id)).size).toBe(3);
  expect(got.filter(({ id }) => id === got[0]!.id)).toHaveLength(2);
});

it('a retrain that fails, or is terminated, is told with its reason and its run', async () => {
  const { url, got } = await receiver();
  await begin({ ALERT_WEBHOOK_URL: url }, trainerThatThrows('the numbers are bad'));
  rig.land(300);
  await expect(retrain()).rejects.toMatchObject({ type: 'TrainingFailed' });
  const { runId } = await rig.client.workflow.getHandle(retrainId).describe();
  await until('the failure is seen', async () => {
    await watch();
    return got.length > 0;
  });
  expect(got).toHaveLength(1);
  expect(got[0]).toMatchObject({ kind: 'retrain_failed', status: 'firing', detail: { in_a_row: 1 } });
  expect(got[0]?.message).toContain('TrainingFailed: binance:BTC/USDT:1m: the numbers are bad');
  expect(rig.ledger.alerts({ limit: 1 })).toMatchObject([{ workflowId: retrainId, runId }]);
  expect(rig.ledger.reading('failed_retrains')).toMatchObject({ value: 1 });
  const rows = JSON.stringify(rig.ledger.alerts({ limit: 9 }));
  expect(rows).not.toContain('SECRET');
});
