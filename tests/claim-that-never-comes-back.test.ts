/**
 * Runs that end without their compensation: the files come back by the janitor's schedule, within the time that a body
 * needs to hear of it, the lease, and one sweep. And a training that outlives its lease many times keeps its claim.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applySchedules } from '../temporal/schedules.ts';
import { retrainId, taskQueues } from '../workflows/ids.ts';
import { resetToStart } from './support/history.ts';
import { openRig, type Rig } from './support/rig.ts';
import { heldTrainer } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const leaseMs = 4_000;
const sweepEveryMs = 2_000;
/** A body hears at its next heartbeat, one a second, that is really sent: throttled to one a second. */
const noticeMs = 2_000;
/** From the schedule's time to the janitor's transaction, on a machine that also runs other tests. */
const slackMs = 5_000;
const files = 4;

let rig: Rig;
let held: ReturnType<typeof heldTrainer>;
let handle: WorkflowHandle;

beforeEach(async () => {
  held = heldTrainer();
  rig = await openRig(temporal, { trainer: held.trainer, leaseMs });
  await applySchedules(rig.client, rig.ledger, {
    ...{ series: [], ingestCron: '0 0 1 1 *', retrainCron: '0 0 1 1 *', janitorEveryMs: sweepEveryMs },
    ...{ watchEveryMs: 86_400_000, auditCron: '0 0 1 1 *' },
  });
  rig.land(300);
  rig.land(300);
  await rig.startTrain();
  handle = await rig.client.workflow.start('retrain', {
    ...{ workflowId: retrainId, taskQueue: taskQueues.train, args: [{}] },
  });
  await until('both series train', () => held.calls.length === 2);
});

afterEach(async () => {
  for await (const { scheduleId } of rig.client.schedule.list())
    await rig.client.schedule.getHandle(scheduleId).delete();
  held.releaseAll();
  await rig.close();
});

const remove = async (): Promise<void> => {
  await rig.client.workflowService.deleteWorkflowExecution({
    namespace: temporal.namespace,
    workflowExecution: { workflowId: retrainId, runId: (await handle.describe()).runId },
  });
  await until('the run is unknown', () =>
    handle.describe().then(
      () => false,
      (error: unknown) => error instanceof WorkflowNotFoundError,
    ),
  );
};

const ends: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['terminated', () => handle.terminate('an operator did it')],
  ['deleted in Temporal', remove],
  ['reset to its very beginning', () => resetToStart(rig.client, handle)],
];

describe('a run that was', () => {
  it.each(ends)(
    '%s has its files given back within lease and sweep',
    async (_, end) => {
      const before = performance.now();
      await end();
      await until('every file waits again', () => rig.ledger.fileCounts().downloaded === files, 60_000);
      expect(performance.now() - before).toBeLessThan(noticeMs + leaseMs + sweepEveryMs + slackMs);
      expect(rig.ledger.openClaims()).toEqual([]);
      expect(rig.ledger.files({ limit: 9 }).map(({ attempts }) => attempts)).toEqual(Array(files).fill(1));
    },
    120_000,
  );
});

describe('a training that takes longer than its lease', () => {
  it('keeps its claim under a janitor that sweeps all the time, and commits', async () => {
    const [before] = rig.ledger.openClaims();
    await delay(2.5 * leaseMs);
    const [now] = rig.ledger.openClaims();
    expect(now).toMatchObject({ claimId: before?.claimId, fence: before?.fence });
    expect(now?.leaseUntil).toBeGreaterThan((before?.leaseUntil ?? 0) + leaseMs);
    held.releaseAll();
    expect(await handle.result()).toMatchObject({ metadata: { claimed_files: files } });
    expect(rig.ledger.files({ limit: 9 }).map(({ attempts }) => attempts)).toEqual(Array(files).fill(0));
  }, 120_000);
});
