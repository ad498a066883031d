import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, describe, expect, it } from 'vitest';
import type { TrainAnswer } from '../api/training.ts';
import type { CrashPointName } from '../ledger/crash-points.ts';
import { retrainId } from '../workflows/ids.ts';
import { attributes } from '../workflows/search-attributes.ts';
import { historyOf } from './support/history.ts';
import { openRig, type Rig } from './support/rig.ts';
import { trainAndPass } from './support/trainers.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

let rig: Rig;
afterEach(() => rig.close());

/** A retrain in which `happens` happens at a step behind its commit. */
const retrain = async (point: CrashPointName, happens: () => void): Promise<TrainAnswer> => {
  const crash = (passed: CrashPointName): void => {
    if (passed === point) happens();
  };
  rig = await openRig(temporal, { settings: { SYMBOLS: 'BTC/USDT' }, trainer: trainAndPass, crash });
  await rig.startTrain();
  rig.land(300);
  return (await rig.training.train({ wait: true })) as TrainAnswer;
};

const run = () => rig.client.workflow.getHandle(retrainId);

/** It ends well, says what it stored, and has nothing to give back. */
const expectStored = async ({ version_id }: TrainAnswer, outcome: string): Promise<void> => {
  expect(rig.ledger.versions({ limit: 10 }).map(({ versionId }) => versionId)).toEqual([version_id]);
  const { status, typedSearchAttributes } = await run().describe();
  expect(status.name).toBe('COMPLETED');
  expect(typedSearchAttributes.get(attributes.outcome)).toBe(outcome);
  expect(typedSearchAttributes.get(attributes.version)).toBe(version_id);
  expect(await historyOf(run())).not.toContain('ActivityTaskScheduled giveBack');
  expect(rig.ledger.openClaims()).toEqual([]);
};

describe('a retrain that has stored its version ends well', () => {
  it('when its candles cannot be archived; the next one archives them', async () => {
    let isBroken = true;
    const answer = await retrain('archive:written', () => {
      if (isBroken) throw ApplicationFailure.nonRetryable('the archive is not there', 'StorageUnavailable');
    });
    await expectStored(answer, 'promoted');
    expect(answer).toMatchObject({ promoted: true, metadata: { claimed_files: 1 } });
    expect(answer.message).toMatch(/not archived yet, the next retrain does it: the archive is not there$/);
    expect(rig.ledger.champion()?.versionId).toBe(answer.version_id);
    expect(rig.ledger.fileCounts()).toMatchObject({ processed: 1, deleted: 0 });
    isBroken = false;
    rig.land(300);
    await rig.training.train({ wait: true });
    expect(rig.ledger.fileCounts()).toMatchObject({ processed: 0, deleted: 2 });
  });

  it('when its promotion fails, with the reason', async () => {
    const answer = await retrain('version:committed', () => {
      const [version] = rig.ledger.versions({ limit: 1 });
      writeFileSync(path.join(rig.config.paths.modelsDir, version!.dir, 'model.json'), 'altered');
    });
    await expectStored(answer, 'stored');
    expect(answer.promoted).toBe(false);
    expect(answer.message).toMatch(/^stored, not promoted: .*model\.json/);
    expect(rig.ledger.champion()).toBeUndefined();
  });

  it('when it is cancelled behind its commit: what is not done is said', async () => {
    const answer = await retrain('version:committed', () => void run().cancel());
    await expectStored(answer, answer.promoted ? 'promoted' : 'stored');
    expect(answer.message).toMatch(/not archived yet, the next retrain does it: the run was cancelled$/);
  });
});
