import type { WorkflowStartOptions } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRecentWorkflows } from '../temporal/recent-workflows.ts';
import { newsFirst } from '../temporal/run-news.ts';
import { taskQueues } from '../workflows/ids.ts';
import { openRig, type Rig } from './support/rig.ts';
import { trainAndPass } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const caps = { rare: 5, bad: 5, routine: 5 };

let rig: Rig;
const start = (type: string, workflowId: string, more: Partial<WorkflowStartOptions> = {}) =>
  rig.client.workflow.start(type, { workflowId, taskQueue: taskQueues.train, args: [], ...more });

const list = () => createRecentWorkflows(rig.client, rig.config.temporal, caps)();

/** A retrain, routine that ended badly, and after both more routine than a list of the newest would show. */
beforeAll(async () => {
  rig = await openRig(temporal, { settings: { SYMBOLS: 'BTC/USDT' }, trainer: trainAndPass });
  await (await start('janitor', 'terminated')).terminate('a test');
  await (await start('snapshot', 'rare-and-bad')).terminate('a test');
  const late = await start('watch', 'late', { workflowRunTimeout: '1 second' });
  await late.result().catch(() => undefined);
  await rig.startTrain();
  rig.land(300);
  await rig.training.train({ wait: true });
  const routine = Array.from({ length: 9 }, (_, index) => `routine-${index}`);
  for (const id of routine) await (await start('janitor', id)).result();
});
afterAll(() => rig.close());

it('a retrain and what ended badly stay listed however much routine comes after them', async () => {
  const runs = await until('visibility has the last one', async () => {
    const found = await list();
    return found.find(({ id }) => id === 'routine-8')?.status === 'COMPLETED' && found;
  });
  const ended = runs.filter(({ routine }) => !routine).map(({ id, status }) => [id, status]);
  expect(Object.fromEntries(ended)).toEqual({
    'retrain:regimes': 'COMPLETED',
    // It ends by itself some time after its last decision.
    'promote:regimes': expect.stringMatching(/^(RUNNING|COMPLETED)$/) as string,
    ...{ terminated: 'TERMINATED', 'rare-and-bad': 'TERMINATED', late: 'TIMED_OUT' },
  });
  expect(runs.filter(({ routine }) => routine).map(({ id }) => id)).toEqual(
    [8, 7, 6, 5, 4].map((index) => `routine-${index}`),
  );
  expect(new Set(runs.map(({ runId }) => runId)).size).toBe(runs.length);
  const times = runs.map(({ startedAt }) => startedAt);
  expect(times).toEqual([...times].sort((a, b) => b - a));
  expect(newsFirst(runs).map(({ routine }) => routine)).toEqual(
    runs.map((_, index) => index >= ended.length),
  );
});

it('with the attempts of each', async () => {
  const [retrain] = (await list()).filter(({ type }) => type === 'retrain');
  expect(retrain?.attempts).toBe(1);
});

it('the newest of each kind, and no more', async () => {
  const small = { rare: 1, bad: 1, routine: 2 };
  const runs = await createRecentWorkflows(rig.client, rig.config.temporal, small)();
  expect(runs).toHaveLength(4);
});
