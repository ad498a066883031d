import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOptions } from '../temporal/connection-options.ts';
import { bundleOptionsOf, dataConverterOf } from '../temporal/data-converter.ts';
import { createTrainingClient } from '../temporal/training-client.ts';
import { workflowsPath } from '../workers/roles.ts';
import { retrainId } from '../workflows/ids.ts';
import { historyFiles } from './support/history-files.ts';
import { openRig, type Rig } from './support/rig.ts';
import { heldTrainer, trainerThatThrows } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const older = randomBytes(32).toString('base64');
const newest = randomBytes(32).toString('base64');
const marker = 'marker-that-must-not-be-read';

let rig: Rig;
let connection: Connection;
beforeAll(async () => {
  rig = await openRig(temporal, { settings: { PAYLOAD_KEY: `${newest},${older}` } });
  connection = await Connection.connect({ address: temporal.address });
});
afterAll(async () => {
  await rig.close();
  await connection.close();
});

const clientUnder = (payloadKeys: readonly string[]) =>
  new Client({ connection, ...clientOptions({ ...temporal, payloadKeys }) });

/** The gateway's view of the runs under other keys. */
const trainingUnder = (payloadKeys: readonly string[]) =>
  createTrainingClient({
    client: clientUnder(payloadKeys),
    ledger: rig.ledger,
    series: ['binance:BTC/USDT:1m'],
    defaultStates: 2,
    exactlyOnce: false,
    ui: { uiUrl: undefined, namespace: temporal.namespace },
  });

/** What the server stores of the newest retrain: events, memo and description, as it gives them to anybody. */
const storedOf = async (): Promise<string> => {
  const plain = clientUnder([]);
  const history = await plain.workflow.getHandle(retrainId).fetchHistory();
  const description = await connection.workflowService.describeWorkflowExecution({
    namespace: temporal.namespace,
    execution: { workflowId: retrainId },
  });
  return withBytesAsText(JSON.stringify({ history, description }));
};

const latin1 = (base64: string) => Buffer.from(base64, 'base64').toString('latin1');

/** Bytes stand in it as base64: what they spell is appended, so that a text in them is found. */
const withBytesAsText = (json: string): string =>
  [json, ...[...json.matchAll(/"([A-Za-z0-9+/]{8,}={0,2})"/g)].map(([, bytes = '']) => latin1(bytes))].join(
    '\n',
  );

/** Which of the texts are in it: a failed expectation shows these, and not the whole history. */
const foundIn = (stored: string, texts: readonly string[]) => texts.filter((text) => stored.includes(text));

describe('with PAYLOAD_KEY', () => {
  it('a retrain runs, is joined by its arguments, and leaves nothing readable on the server', async () => {
    const held = heldTrainer();
    await rig.startTrain(held.trainer);
    rig.land(300);
    const asked = rig.training.train({ wait: true, tag: marker });
    await until('both series train', () => held.calls.length === 2);
    // The memo is compared, so it has to be read.
    await expect(rig.training.train({ wait: false, tag: 'another' })).rejects.toThrow(marker);
    expect(await rig.training.train({ wait: false, tag: marker })).toMatchObject({ workflow_id: retrainId });
    // And so is what the heartbeats of the trainings tell.
    const told = await until('both tell how far they are', async () => {
      const run = (await rig.training.workflows()).find(
        ({ id, status }) => id === retrainId && status === 'RUNNING',
      );
      return run?.progress.length === 2 && run.progress.every(({ phase }) => phase !== null) && run.progress;
    });
    expect(told).toEqual([
      { what: 'binance:BTC/USDT:1m', phase: 'fit', done: 2, of: 660 },
      { what: 'binance:ETH/USDT:1m', phase: 'fit', done: 2, of: 660 },
    ]);
    held.releaseAll();
    expect(await asked).toMatchObject({ promoted: true });
    const texts = ['binary/encrypted', marker, 'val_log_likelihood', 'claimId', 'binance:'];
    expect(foundIn(await storedOf(), texts)).toEqual(['binary/encrypted']);
    await rig.stopWorkers();
  });

  it('nor is a failure, whose message the caller still gets', async () => {
    await rig.startTrain(trainerThatThrows(`no fit, ${marker}`));
    rig.land(300);
    await expect(rig.training.train({ wait: true })).rejects.toThrow(`no fit, ${marker}`);
    const texts = ['Encoded failure', 'TrainingFailed', marker, 'stack_trace', 'node_modules'];
    expect(foundIn(await storedOf(), texts)).toEqual(['Encoded failure', 'TrainingFailed']);
    await rig.stopWorkers();
  });

  it('a gateway without the key, or with another, says so; one that holds the key in any place reads', async () => {
    const stranger = randomBytes(32).toString('base64');
    for (const keys of [[], [stranger]])
      await expect(trainingUnder(keys).workflows()).rejects.toMatchObject({
        type: 'PayloadUnreadable',
        message: expect.stringContaining('PAYLOAD_KEY does not hold') as string,
      });
    expect(await trainingUnder([stranger, newest]).workflows()).not.toEqual([]);
  });
});

it('without it the same texts are found, so the search does find them', async () => {
  const plain = clientUnder([]);
  await plain.workflow.start('retrain', {
    workflowId: retrainId,
    taskQueue: 'nobody',
    args: [{ tag: marker }],
    memo: { arguments: 'binance:' },
  });
  expect(foundIn(await storedOf(), [marker, 'binance:', 'binary/encrypted'])).toEqual([marker, 'binance:']);
});

it('histories that were recorded without a key replay under one', async () => {
  const dataConverter = dataConverterOf([newest]);
  const logger = new DefaultLogger('ERROR');
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath,
    logger,
    ...bundleOptionsOf(dataConverter),
  });
  const given = historyFiles().map(({ name, history }) => ({ workflowId: name, history }));
  const failed: Record<string, unknown> = {};
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle, dataConverter },
    given,
  )) {
    replayed += 1;
    if (error) failed[workflowId] = error;
  }
  expect(failed).toEqual({});
  expect(replayed).toBe(given.length);
});
