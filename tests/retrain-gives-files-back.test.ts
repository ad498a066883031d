import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, describe, expect, it } from 'vitest';
import { seriesOfFile } from '../ledger/file-rows.ts';
import { seriesKey } from '../series.ts';
import { failureOf } from '../temporal/failure-of.ts';
import { createTrainer } from '../workers/trainer.ts';
import { janitorId, retrainId, taskQueues } from '../workflows/ids.ts';
import type { RetrainResult, SweepResult } from '../workflows/types.ts';
import { historyOf, resetAfterClaim, resetToStart } from './support/history.ts';
import { openRig, type Rig, type RigOptions } from './support/rig.ts';
import { type HeldTraining, heldTrainer, trainAndPass, trainerThatThrows } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const filesPerSeries = 2;

let rig: Rig;
afterEach(() => rig.close());

/** Two series, two files each, and a worker that trains. */
const begin = async (options: RigOptions): Promise<WorkflowHandle> => {
  rig = await openRig(temporal, options);
  for (let file = 0; file < filesPerSeries; file++) rig.land(300);
  await rig.startTrain();
  return startRetrain();
};

const startRetrain = (): Promise<WorkflowHandle> =>
  rig.client.workflow.start('retrain', { workflowId: retrainId, taskQueue: taskQueues.train, args: [{}] });

const runJanitor = (): Promise<SweepResult> =>
  rig.client.workflow.execute('janitor', { workflowId: janitorId, taskQueue: taskQueues.train, args: [] });

const failureType = (handle: WorkflowHandle): Promise<string> =>
  handle.result().then(
    () => 'none',
    (error: unknown) => failureOf(error).type,
  );

const versionDir = (versionId: string): string =>
  path.join(rig.config.paths.modelsDir, 'registry', versionId);

const attempts = (): number[] =>
  rig.ledger.files({ status: 'downloaded', limit: 100 }).map((file) => file.attempts);

const expectAllWaiting = (timesFailed: number): void => {
  expect(attempts()).toEqual(Array(2 * filesPerSeries).fill(timesFailed));
  expect(rig.ledger.openClaims()).toEqual([]);
};

const expectOneVersion = (result: RetrainResult): void => {
  expect(result.metadata.claimed_files).toBe(2 * filesPerSeries);
  expect(rig.ledger.versions({ limit: 10 }).map(({ versionId }) => versionId)).toEqual([result.version_id]);
  const { processed, deleted, ...others } = rig.ledger.fileCounts();
  expect(processed + deleted).toBe(2 * filesPerSeries);
  expect(others).toEqual({ downloaded: 0, processing: 0, quarantined: 0 });
  expect(rig.ledger.openClaims()).toEqual([]);
};

/** The janitor leaves a claim alone until its lease is over, which nobody renews any more. */
const expectSweptWhenLeaseIsOver = async (bodies: readonly HeldTraining[]): Promise<void> => {
  expect((await runJanitor()).requeued).toBe(0);
  const leaseUntil = await until('the bodies have heard that their run is over', () =>
    bodies.every(({ signal }) => signal.aborted) ? rig.ledger.openClaims()[0]?.leaseUntil : undefined,
  );
  await delay(leaseUntil - Date.now() + 50);
  expect((await runJanitor()).requeued).toBe(2 * filesPerSeries);
};

describe('a retrain that throws', () => {
  it('gives every file back, counts the attempt, and the next one trains them', async () => {
    const handle = await begin({ trainer: trainerThatThrows('every covariance collapsed') });
    expect(await failureType(handle)).toBe('TrainingFailed');
    expectAllWaiting(1);
    await rig.stopWorkers();
    await rig.startTrain(trainAndPass);
    expectOneVersion((await (await startRetrain()).result()) as RetrainResult);
  });

  it('in one series only keeps the other: its files alone are given back', async () => {
    let call = 0;
    const trainer: typeof trainAndPass = {
      ...trainAndPass,
      train: (job, options) => (call++ === 0 ? trainerThatThrows('no') : trainAndPass).train(job, options),
    };
    const result = (await (await begin({ trainer })).result()) as RetrainResult;
    expect(result.metadata.series.map(({ outcome }) => outcome).sort()).toEqual(['TrainingFailed', 'pass']);
    expect(attempts()).toEqual(Array(filesPerSeries).fill(1));
    expect(rig.ledger.openClaims()).toEqual([]);
  });
});

/** Each fails, one after the other; the types of their failures. */
const failTimes = async (times: number): Promise<string[]> => {
  const types: string[] = [];
  for (let run = 0; run < times; run++) types.push(await failureType(await startRetrain()));
  return types;
};

const attemptsOf = (series: string): number[] =>
  rig.ledger
    .files({ status: 'downloaded', limit: 100 })
    .filter((file) => seriesKey(seriesOfFile(file)) === series)
    .map((file) => file.attempts);

const expectNothingAside = (waiting: number): void => {
  expect(rig.ledger.fileCounts()).toMatchObject({ quarantined: 0, processing: 0, downloaded: waiting });
  expect(attempts()).toEqual(Array(waiting).fill(0));
  expect(rig.ledger.openClaims()).toEqual([]);
};

const [btc, eth] = ['binance:BTC/USDT:1m', 'binance:ETH/USDT:1m'] as const;

describe('files that are not to blame for a failure', () => {
  it.each(['series', 'pooled'])(
    'of a series that is merely too short are given back uncounted when another one fails (MODEL_SCOPE=%s)',
    async (scope) => {
      const settings = { MODEL_SCOPE: scope };
      rig = await openRig(temporal, { settings, trainer: trainerThatThrows('every covariance collapsed') });
      rig.land(300, btc);
      rig.land(10, eth);
      await rig.startTrain();
      expect(await failTimes(2)).toEqual(['TrainingFailed', 'TrainingFailed']);
      expect([attemptsOf(btc), attemptsOf(eth)]).toEqual([[2], [0]]);
    },
  );

  it('are not put aside for a lineage head that was altered, however often its series fails', async () => {
    rig = await openRig(temporal, { settings: { EXACTLY_ONCE: 'true' } });
    rig.land(300);
    await rig.startTrain(trainAndPass);
    const first = (await (await startRetrain()).result()) as RetrainResult;
    appendFileSync(path.join(versionDir(first.version_id), 'heads.json'), ' ');
    rig.land(60, btc);
    rig.land(10, eth);
    expect(new Set(await failTimes(6))).toEqual(new Set(['ModelCorrupt']));
    expectNothingAside(2);
  });

  it('are not put aside when what was trained cannot be stored, since the champion was altered meanwhile', async () => {
    const spoiling: typeof trainAndPass = {
      ...trainAndPass,
      train: async (job, options) => {
        const trained = await trainAndPass.train(job, options);
        const champion = rig.ledger.champion();
        if (champion) appendFileSync(path.join(versionDir(champion.versionId), 'model.json'), ' ');
        return trained;
      },
    };
    rig = await openRig(temporal, { settings: { SYMBOLS: 'BTC/USDT' } });
    rig.land(300);
    await rig.startTrain(spoiling);
    const first = (await (await startRetrain()).result()) as RetrainResult;
    const model = path.join(versionDir(first.version_id), 'model.json');
    const sound = readFileSync(model);
    rig.land(60);
    for (let run = 0; run < 6; run++) {
      writeFileSync(model, sound);
      const handle = await startRetrain();
      expect(await failureType(handle)).toBe('ModelCorrupt');
      expect(await historyOf(handle)).toContain('ActivityTaskFailed commitVersion');
    }
    expectNothingAside(1);
  });
});

describe('a file that makes each training fail', () => {
  it('is put aside at the fifth attempt, and the series goes on without it', async () => {
    rig = await openRig(temporal, { trainer: trainerThatThrows('every covariance collapsed') });
    rig.land(300, btc);
    await rig.startTrain();
    await failTimes(4);
    expect(attemptsOf(btc)).toEqual([4]);
    await failTimes(1);
    expect(rig.ledger.files({ status: 'quarantined', limit: 9 })).toMatchObject([
      { attempts: 5, quarantineReason: 'failed in 5 attempts' },
    ]);
    expect(await (await startRetrain()).result()).toMatchObject({ message: 'no new data' });
  });
});

describe('a cancelled retrain', () => {
  it('gives its files back only after the training thread has stopped', async () => {
    const beats = path.join(tmpdir(), `autotrain-beats-${process.pid}`);
    writeFileSync(beats, '');
    const beaten = () => readFileSync(beats).length;
    process.env['TEST_BEATS'] = beats;
    const seen: number[] = [];
    const threadUrl = new URL('./support/endless-thread.mjs', import.meta.url);
    const handle = await begin({
      trainer: createTrainer({ threads: 2, threadUrl }),
      onGiveBack: () => seen.push(beaten()),
    });
    await until('both threads beat', () => rig.ledger.openClaims().length === 1 && beaten() > 20);
    await handle.cancel();
    expect(await failureType(handle)).toBe('Cancelled');
    expectAllWaiting(0);
    await delay(300);
    expect(seen).toEqual([beaten()]);
    const events = await historyOf(handle);
    const stopped = events.lastIndexOf('ActivityTaskCanceled trainSeries');
    expect(stopped).toBeGreaterThan(0);
    expect(events.indexOf('ActivityTaskScheduled giveBack')).toBeGreaterThan(stopped);
    rmSync(beats);
  });
});

describe('a terminated retrain', () => {
  it('has its files given back by the janitor once the lease is over, not before', async () => {
    const held = heldTrainer();
    const handle = await begin({ trainer: held.trainer, leaseMs: 3_000 });
    await until('both series train', () => held.calls.length === 2);
    await handle.terminate('an operator did it');
    await expectSweptWhenLeaseIsOver(held.calls);
    expectAllWaiting(1);
    await rig.stopWorkers();
    await rig.startTrain(trainAndPass);
    expectOneVersion((await (await startRetrain()).result()) as RetrainResult);
  });
});

describe('a retrain that is reset in Temporal after its claim', () => {
  const resetWhileTraining = async (options: { deaf?: (call: number) => boolean } = {}) => {
    const held = heldTrainer(options);
    const handle = await begin({ trainer: held.trainer });
    await until('both series train', () => held.calls.length === 2);
    const before = rig.ledger.openClaims()[0];
    const runId = await resetAfterClaim(rig.client, handle);
    await until('the new run trains both series', () => held.calls.length === 4);
    return { held, before, runId, handle: rig.client.workflow.getHandle(retrainId, runId) };
  };

  it('carries on under a newer fence, the old body is stopped, one version results', async () => {
    const { held, before, runId, handle } = await resetWhileTraining();
    const [after] = rig.ledger.openClaims();
    expect(after).toMatchObject({ claimId: before?.claimId, runId });
    expect(after?.fence).toBeGreaterThan(before?.fence ?? Number.POSITIVE_INFINITY);
    await until('the old bodies have heard of it', () =>
      held.calls.slice(0, 2).every((c) => c.signal.aborted),
    );
    expect(held.calls.slice(2).some(({ signal }) => signal.aborted)).toBe(false);
    held.releaseAll();
    expectOneVersion((await handle.result()) as RetrainResult);
  });

  it('is not disturbed by an old body that heard nothing and finishes late', async () => {
    const { held, handle } = await resetWhileTraining({ deaf: (call) => call < 2 });
    const [oldA, oldB, newA, newB] = held.calls;
    newA?.release();
    await until('the new run has one series', async () =>
      (await historyOf(handle)).includes('ActivityTaskCompleted trainSeries'),
    );
    oldA?.release();
    oldB?.release();
    await delay(500);
    newB?.release();
    expectOneVersion((await handle.result()) as RetrainResult);
  });
});

describe('a retrain that is reset in Temporal to its very beginning', () => {
  it('finds its files still held by its old body, and the janitor gives them back', async () => {
    const held = heldTrainer();
    const handle = await begin({ trainer: held.trainer, leaseMs: 3_000 });
    await until('both series train', () => held.calls.length === 2);
    const again = rig.client.workflow.getHandle(retrainId, await resetToStart(rig.client, handle));
    expect(await again.result()).toMatchObject({ version_id: 'n/a', metadata: { claimed_files: 0 } });
    await expectSweptWhenLeaseIsOver(held.calls);
    expectAllWaiting(1);
  });
});
