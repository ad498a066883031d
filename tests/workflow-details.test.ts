import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failures } from '../activities/failures.ts';
import type { TrainAnswer } from '../api/training.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { failureOf } from '../temporal/failure-of.ts';
import { ingestId, janitorId, promoteId, retrainId, taskQueues } from '../workflows/ids.ts';
import { anchorMs, market } from './support/candles.ts';
import { eventsOf } from './support/history.ts';
import { openRig, type Rig } from './support/rig.ts';
import { trainAndPass, trainerThatThrows } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const btc = 'binance:BTC/USDT:1m';

let rig: Rig;
let simulator: Simulator;
let trained: TrainAnswer;

beforeAll(async () => {
  simulator = await startSimulator({ source: market });
  const settings = {
    EXCHANGE_URL: simulator.url,
    START_TS: String(anchorMs - 600 * 60_000),
    SYMBOLS: 'BTC/USDT',
  };
  rig = await openRig(temporal, { settings, trainer: trainAndPass });
  await Promise.all([rig.startIngest(), rig.startTrain()]);
  await rig.training.ingestOnce({ until: 'now', wait: true });
  trained = (await rig.training.train({ tag: 'seen', wait: true })) as TrainAnswer;
  await rig.client.workflow.execute('janitor', {
    workflowId: janitorId,
    taskQueue: taskQueues.train,
    args: [],
  });
});
afterAll(async () => {
  await rig.close();
  await simulator.close();
});

const handleOf = (id: string): WorkflowHandle => rig.client.workflow.getHandle(id);

/** What the Web UI shows of a run, without a look into its code. */
const shown = async (id: string) => {
  const described = await handleOf(id).describe();
  const metadata = await handleOf(id).query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  const attributes = described.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
  return {
    summary: await described.staticSummary(),
    details: metadata.currentDetails,
    attributes: Object.fromEntries(
      attributes.filter(([name]) => String(name).startsWith('Autotrain')),
    ) as Record<string, unknown>,
  };
};

const activitySummaries = async (id: string): Promise<string[]> =>
  (await eventsOf(handleOf(id))).flatMap(({ userMetadata }) =>
    userMetadata?.summary ? defaultPayloadConverter.fromPayload<string>(userMetadata.summary) : [],
  );

describe('a run is readable in Temporal', () => {
  it('ingest', async () => {
    expect(await shown(ingestId(btc))).toEqual({
      summary: `Store new candles of ${btc}`,
      details: '600 candles in 1 pages, 0 gaps, next 2024-01-15T00:00:00.000Z\nlooked again: 49 compared',
      attributes: { AutotrainSeries: btc, AutotrainStage: 'ingest', AutotrainOutcome: 'stored' },
    });
    expect(await activitySummaries(ingestId(btc))).toContain('page 1');
  });

  it('retrain', async () => {
    expect(await shown(retrainId)).toEqual({
      summary: 'Retrain {"tag":"seen"}',
      details: `${btc}: 1 files, 600 candles`,
      attributes: {
        AutotrainStage: 'archive',
        AutotrainOutcome: 'promoted',
        AutotrainVersion: trained.version_id,
      },
    });
    expect(await activitySummaries(retrainId)).toContain(btc);
  });

  it('promote', async () => {
    const { details, attributes, summary } = await shown(promoteId);
    expect(summary).toMatch(/champion/);
    expect(details).toBe(`promote: ${trained.version_id}`);
    expect(attributes).toEqual({ AutotrainOutcome: 'promote', AutotrainVersion: trained.version_id });
    expect(await activitySummaries(promoteId)).toContain(`promote ${trained.version_id}`);
  });

  it('janitor', async () => {
    const { details, attributes } = await shown(janitorId);
    expect(details).toMatch(/^requeued: 0, quarantined: 0, orphansRemoved: 0,/);
    expect(attributes).toEqual({ AutotrainStage: 'janitor' });
  });

  it('in the gateway too: its stage, and the most attempts that any step needed', async () => {
    const listed = async (id: string) => (await rig.training.workflows()).find((run) => run.id === id);
    const retrain = await until('its history is read', async () => {
      const run = await listed(retrainId);
      return run?.attempts == null ? undefined : run;
    });
    expect(retrain).toMatchObject({ status: 'COMPLETED', stage: 'archive', attempts: 1 });
    expect(await listed(ingestId(btc))).toMatchObject({ stage: 'ingest', attempts: 1 });
  });

  it('and found by what it was about', async () => {
    const query = `AutotrainVersion="${trained.version_id}" AND AutotrainOutcome="promoted"`;
    const found = await until('visibility has it', async () => {
      for await (const { workflowId } of rig.client.workflow.list({ query })) return workflowId;
      return undefined;
    });
    expect(found).toBe(retrainId);
  });
});

describe('a run that failed', () => {
  it('names the failure by its type in the one table, and shows that it failed', async () => {
    await rig.stopWorkers();
    await rig.startTrain(trainerThatThrows('every covariance collapsed'));
    rig.land(300);
    const handle = await rig.client.workflow.start('retrain', {
      workflowId: retrainId,
      taskQueue: taskQueues.train,
      args: [{}],
    });
    const failure = failureOf(
      await handle.result().then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(Object.keys(failures)).toContain(failure.type);
    expect(failure).toMatchObject({ type: 'TrainingFailed', message: `${btc}: every covariance collapsed` });
    expect((await shown(retrainId)).attributes).toMatchObject({
      AutotrainStage: 'train',
      AutotrainOutcome: 'failed',
    });
    const tried = (await eventsOf(handle)).map((event) => event.activityTaskStartedEventAttributes?.attempt);
    const run = await until('the gateway lists it', async () => {
      const { runId } = await handle.describe();
      return (await rig.training.workflows()).find((one) => one.runId === runId && one.attempts !== null);
    });
    expect(run.attempts).toBe(Math.max(...tried.map((attempt) => attempt ?? 0)));
  });
});
