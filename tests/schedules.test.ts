import { randomUUID } from 'node:crypto';
import { type ScheduleHandle, ScheduleOverlapPolicy } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainAnswer } from '../api/training.ts';
import { applySchedules, listSchedules, type ScheduleSettings } from '../temporal/schedules.ts';
import {
  auditId,
  ingestId,
  janitorId,
  retrainId,
  snapshotId,
  taskQueues,
  watchId,
} from '../workflows/ids.ts';
import type { TickRequest } from '../workflows/types.ts';
import { openRig, type Rig } from './support/rig.ts';
import { heldTrainer } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const btc = 'binance:BTC/USDT:1m';
const minuteMs = 60_000;

/** Nothing of this is due while the tests run. */
const settings: ScheduleSettings = {
  series: [btc],
  ingestCron: '0 0 1 1 *',
  retrainCron: '0 0 1 1 *',
  snapshotCron: '0 0 1 1 *',
  janitorEveryMs: 1_000 * minuteMs,
  watchEveryMs: 1_000 * minuteMs,
  auditCron: '0 0 1 1 *',
};
const ids = [
  `schedule-${auditId}`,
  `schedule-${ingestId(btc)}`,
  `schedule-${janitorId}`,
  `schedule-${retrainId}`,
  `schedule-${snapshotId}`,
  `schedule-${watchId}`,
];

let rig: Rig;
const held = heldTrainer();
beforeEach(async () => {
  rig = await openRig(temporal, { settings: { SYMBOLS: 'BTC/USDT' }, trainer: held.trainer });
});
afterEach(async () => {
  for await (const { scheduleId } of rig.client.schedule.list())
    await rig.client.schedule.getHandle(scheduleId).delete();
  await rig.close();
});

const apply = (change: Partial<ScheduleSettings> = {}) =>
  applySchedules(rig.client, rig.ledger, { ...settings, ...change });
const retrainSchedule = (): ScheduleHandle => rig.client.schedule.getHandle(`schedule-${retrainId}`);
const everyOne = (change: string) => Object.fromEntries(ids.map((id) => [id, change]));

describe('applying schedules', () => {
  it('creates them with a bounded catch-up window and no overlap, and leaves them alone the second time', async () => {
    expect(await apply()).toEqual(everyOne('created'));
    const { policies, spec } = await retrainSchedule().describe();
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 60 * minuteMs });
    expect(spec.calendars).toHaveLength(1);
    expect(await apply()).toEqual(everyOne('unchanged'));
    const listed = await until('visibility lists them', async () => {
      const all = await listSchedules(rig.client);
      return all.length === ids.length && all;
    });
    expect(listed.map(({ id }) => id).sort()).toEqual(ids);
  });

  it('keeps what an operator edited while the settings stay the same', async () => {
    await apply();
    await retrainSchedule().pause('the exchange is moving');
    await retrainSchedule().update((previous) => ({
      ...previous,
      spec: { intervals: [{ every: '7 days' }] },
      policies: { ...previous.policies, overlap: ScheduleOverlapPolicy.BUFFER_ONE },
    }));
    expect(await apply()).toEqual(everyOne('unchanged'));
    const { spec, state, policies } = await retrainSchedule().describe();
    expect(spec.intervals).toMatchObject([{ every: 7 * 24 * 60 * minuteMs }]);
    expect(state).toMatchObject({ paused: true, note: 'the exchange is moving' });
    expect(policies.overlap).toBe('BUFFER_ONE');
  });

  /** What `temporal schedule update` sends: a whole new schedule, whose action has no memo. */
  const updateByCli = async (cron: string): Promise<void> => {
    const { action } = await retrainSchedule().describe();
    await rig.client.workflowService.updateSchedule({
      namespace: temporal.namespace,
      scheduleId: `schedule-${retrainId}`,
      requestId: randomUUID(),
      schedule: {
        spec: { cronString: [cron] },
        action: {
          startWorkflow: {
            workflowId: action.workflowId,
            workflowType: { name: 'tick' },
            taskQueue: { name: taskQueues.train },
            input: { payloads: (action.args ?? []).map((one) => defaultPayloadConverter.toPayload(one)) },
          },
        },
        policies: {},
        state: {},
      },
    });
  };

  it('keeps what an operator edited with the CLI, which takes the memo away, until the settings change', async () => {
    await apply();
    await updateByCli('15 5 * * *');
    expect((await retrainSchedule().describe()).action.memo).toBeUndefined();
    for (let start = 0; start < 2; start++) expect(await apply()).toEqual(everyOne('unchanged'));
    const edited = (await retrainSchedule().describe()).spec.calendars;
    expect(edited).toMatchObject([{ hour: [{ start: 5 }], minute: [{ start: 15 }] }]);
    const changed = await apply({ retrainCron: '30 4 * * *' });
    expect(changed).toEqual({ ...everyOne('unchanged'), [`schedule-${retrainId}`]: 'updated' });
    expect(await apply({ retrainCron: '30 4 * * *' })).toEqual(everyOne('unchanged'));
  });

  it('takes the word of the memo where the ledger knows of no schedule yet', async () => {
    await apply();
    await retrainSchedule().update((previous) => ({
      ...previous,
      spec: { intervals: [{ every: '7 days' }] },
    }));
    rig.ledger.recordReading('schedules_applied', 0, {});
    expect(await apply()).toEqual(everyOne('unchanged'));
    await updateByCli('15 5 * * *');
    expect(await apply()).toEqual(everyOne('unchanged'));
  });

  it('follows changed settings, in the schedules that they define, and keeps pause and policies', async () => {
    await apply();
    await retrainSchedule().pause('the exchange is moving');
    await retrainSchedule().update((previous) => ({
      ...previous,
      policies: {
        ...previous.policies,
        catchupWindow: '5 minutes',
        overlap: ScheduleOverlapPolicy.BUFFER_ONE,
      },
    }));
    const changed = await apply({ retrainCron: '30 4 * * *' });
    expect(changed).toEqual({ ...everyOne('unchanged'), [`schedule-${retrainId}`]: 'updated' });
    const { spec, state, policies } = await retrainSchedule().describe();
    expect(spec.calendars).toMatchObject([{ hour: [{ start: 4 }], minute: [{ start: 30 }] }]);
    expect(state).toMatchObject({ paused: true, note: 'the exchange is moving' });
    expect(policies).toMatchObject({ overlap: 'BUFFER_ONE', catchupWindow: 5 * minuteMs });
    expect(await apply({ retrainCron: '30 4 * * *' })).toEqual(everyOne('unchanged'));
  });
});

describe('a tick', () => {
  const tick = (request: TickRequest): Promise<string> =>
    rig.client.workflow.execute('tick', {
      workflowId: `tick-${request.workflowId}`,
      taskQueue: taskQueues.train,
      args: [request],
    });
  const janitorTick: TickRequest = { workflow: 'janitor', workflowId: janitorId, args: [], summary: 'Sweep' };
  const retrainTick: TickRequest = {
    workflow: 'retrain',
    workflowId: retrainId,
    args: [{}],
    summary: 'Retrain',
  };

  it('starts the run, which goes on after the tick has ended', async () => {
    await rig.startTrain();
    expect(await tick(janitorTick)).toBe('started');
    const { status } = await until('the janitor is done', async () => {
      const described = await rig.client.workflow.getHandle(janitorId).describe();
      return described.status.name !== 'RUNNING' && described;
    });
    expect(status.name).toBe('COMPLETED');
    expect(await tick(janitorTick)).toBe('started');
  });

  it('of the schedule starts a retrain that /train joins; the next tick ends quietly beside it', async () => {
    await rig.startTrain();
    await apply();
    rig.land(300);
    await retrainSchedule().trigger(ScheduleOverlapPolicy.SKIP);
    await until('it trains', () => held.calls.length === 1);
    const joined = rig.training.train({ wait: true });
    expect(await tick(retrainTick)).toBe('already running');
    await expect(rig.training.train({ tag: 'other', wait: false })).rejects.toMatchObject({
      type: 'RetrainRunning',
    });
    held.releaseAll();
    expect((await joined) as TrainAnswer).toMatchObject({ promoted: true, metadata: { claimed_files: 1 } });
    expect(rig.ledger.versionCount()).toBe(1);
  });
});
