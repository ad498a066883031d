import { afterEach, beforeEach, expect, it } from 'vitest';
import { quiet } from '../api/app.fixture.ts';
import { type Gateway, openGateway } from '../api/gateway.ts';
import type { TrainAnswer } from '../api/training.ts';
import { applySchedules, type ScheduleSettings } from '../temporal/schedules.ts';
import { retrainId, taskQueues, watchId } from '../workflows/ids.ts';
import { openRig, type Rig } from './support/rig.ts';
import { trainAndPass } from './support/trainers.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

const keys = { admin: 'admin-key-1', trainer: 'trainer-key', engine: 'engine-key-1', reader: 'reader-key-1' };
const settings = {
  SYMBOLS: 'BTC/USDT',
  PORT: '0',
  REQUIRE_AUTH: 'true',
  GATEWAY_API_KEYS: Object.entries(keys)
    .map(([role, key]) => `${role}:${key}`)
    .join(','),
};
const schedules: ScheduleSettings = {
  series: ['binance:BTC/USDT:1m'],
  ingestCron: '0 0 1 1 *',
  retrainCron: '0 0 1 1 *',
  janitorEveryMs: 86_400_000,
  watchEveryMs: 86_400_000,
  auditCron: '0 0 1 1 *',
  snapshotCron: '0 0 1 1 *',
};

let rig: Rig;
let gateway: Gateway;
const startGateway = async (): Promise<void> => {
  gateway = await openGateway(rig.config, quiet, {
    workerUrl: new URL('controller-thread.mjs', import.meta.url),
  });
};
beforeEach(async () => {
  rig = await openRig(temporal, { settings, trainer: trainAndPass });
  await rig.startTrain();
  await applySchedules(rig.client, rig.ledger, schedules);
  await startGateway();
});
afterEach(async () => {
  await gateway.stop();
  for await (const { scheduleId } of rig.client.schedule.list())
    await rig.client.schedule.getHandle(scheduleId).delete();
  await rig.close();
});

const ask = async (path: string, body?: unknown, role: keyof typeof keys | 'nobody' = 'admin') => {
  const response = await fetch(`${gateway.url}${path}`, {
    headers: {
      ...(role === 'nobody' ? {} : { 'x-api-key': keys[role] }),
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const version = async (): Promise<string> => {
  rig.land(300);
  return ((await rig.training.train({ wait: true })) as TrainAnswer).version_id;
};
const schedule = () => rig.client.schedule.getHandle(`schedule-${retrainId}`);
const paused = async () => (await schedule().describe()).state;
const watch = () =>
  rig.client.workflow.execute('watch', { workflowId: watchId, taskQueue: taskQueues.train, args: [] });

it('is refused everywhere until an admin resumes it, through restarts and schedules made again', async () => {
  const [first, second] = [await version(), await version()];
  const kill = { scope: 'training', reason: 'it drifts' };
  expect((await ask('/kill', { ...kill, pin: first }, 'engine')).status).toBe(403);
  expect((await ask('/kill', { ...kill, strategy: 'hmm' })).status).toBe(422);
  expect((await ask('/kill', { ...kill, pin: 'nope' })).status).toBe(404);
  expect((await ask('/health')).body).toMatchObject({ training: { state: 'ACTIVE' }, problems: [] });
  const killed = await ask('/kill', { ...kill, pin: first });
  expect(killed).toMatchObject({
    status: 200,
    body: {
      training_state: 'KILLED',
      actor: expect.stringMatching(/^key:/),
      pinned_version: first,
      schedule: 'done',
    },
  });

  await gateway.stop();
  await rig.stopWorkers();
  await rig.startTrain();
  await startGateway();
  await applySchedules(rig.client, rig.ledger, { ...schedules, retrainCron: '5 0 1 1 *' });
  expect(await paused()).toMatchObject({ paused: true, note: expect.stringContaining('it drifts') });
  await schedule().unpause('somebody thinks he knows better');
  await watch();
  expect(await paused()).toMatchObject({ paused: true });

  const standing = {
    state: 'KILLED',
    reason: 'it drifts',
    pinned_version: first,
    actor: expect.stringMatching(/^key:/),
  };
  expect((await ask('/model')).body).toMatchObject({ active_version: first, training: standing });
  expect((await ask('/guardrails')).body).toMatchObject({ training: standing });
  expect((await ask('/health')).body).toMatchObject({
    ...{ status: 'ok', training: standing },
    problems: [{ kind: 'kill', severity: 'critical', subject: 'training' }],
  });
  rig.land(300);
  const refused = {
    status: 423,
    body: { code: 'TrainingKilled', detail: expect.stringContaining('it drifts') },
  };
  expect(await ask('/train', {}, 'trainer')).toMatchObject(refused);
  expect(await ask('/model/promote', { version_id: second })).toMatchObject(refused);
  const retrain = rig.client.workflow.execute('retrain', {
    ...{ workflowId: retrainId, taskQueue: taskQueues.train, args: [{}] },
  });
  await expect(retrain).rejects.toMatchObject({ cause: { cause: { type: 'TrainingKilled' } } });
  expect(rig.ledger.fileCounts()).toMatchObject({ downloaded: 1, processing: 0 });

  for (const [role, status] of [
    ['nobody', 401],
    ['engine', 403],
    ['trainer', 403],
  ] as const)
    expect((await ask('/resume', { scope: 'training', reason: 'mended' }, role)).status).toBe(status);
  expect(rig.ledger.trainingKill()).toBeDefined();
  const resumed = await ask('/resume', { scope: 'training', reason: 'mended' });
  expect(resumed).toMatchObject({ status: 200, body: { training_state: 'ACTIVE', schedule: 'done' } });
  expect((await ask('/resume', { scope: 'training', reason: 'twice' })).status).toBe(409);
  expect(await paused()).toMatchObject({ paused: false });
  expect(await ask('/train', {}, 'trainer')).toMatchObject({ status: 200, body: { promoted: true } });
  expect(rig.ledger.reading('failed_retrains')).toMatchObject({ value: 0 });
  const told = (await ask('/alerts', undefined, 'reader')).body['data'] as { kind: string }[];
  expect(told.map(({ kind }) => kind)).toEqual([
    'promotion',
    'resume',
    'rollback',
    'kill',
    'promotion',
    'promotion',
  ]);
});

it('is killed by equity that fell too far, once per peak; a pause of an operator stays his', async () => {
  await schedule().pause('the exchange is moving');
  const report = (equity: number) => ask('/equity', { equity, currency: 'USDT' }, 'engine');
  await report(100);
  await report(76);
  expect(rig.ledger.trainingKill()).toBeUndefined();
  expect((await report(75)).status).toBe(200);
  expect(rig.ledger.trainingKill()).toMatchObject({
    actor: 'limit:drawdown',
    reason: 'equity 75 USDT is 25.0 % below its peak 100; TRAINING_KILL_DRAWDOWN is 25.0 %',
  });
  await ask('/resume', { scope: 'training', reason: 'a withdrawal' });
  await report(60);
  expect(rig.ledger.trainingKill()).toBeUndefined();
  expect(await paused()).toMatchObject({ paused: true, note: 'the exchange is moving' });
  await report(200);
  await report(100);
  expect(rig.ledger.trainingKill()).toBeDefined();
});

it('can be killed while Temporal is away', async () => {
  await gateway.stop();
  const away = { ...rig.config, temporal: { ...rig.config.temporal, address: '127.0.0.1:9' } };
  gateway = await openGateway(away, quiet, { workerUrl: new URL('controller-thread.mjs', import.meta.url) });
  const killed = await ask('/kill', { scope: 'training', reason: 'no Temporal' }, 'engine');
  expect(killed).toMatchObject({ status: 200, body: { training_state: 'KILLED', schedule: 'pending' } });
  expect(await paused()).toMatchObject({ paused: false });
  await watch();
  expect(await paused()).toMatchObject({ paused: true });
});
