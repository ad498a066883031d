import { readlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { TrainAnswer, Training } from '../api/training.ts';
import { askDecision } from '../temporal/promotion-requests.ts';
import { promoteId } from '../workflows/ids.ts';
import { historyOf } from './support/history.ts';
import { openRig, type Rig } from './support/rig.ts';
import { trainAndPass } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

let rig: Rig;
afterEach(() => rig.close());

const begin = async (settings: Record<string, string> = {}): Promise<void> => {
  rig = await openRig(temporal, { settings: { SYMBOLS: 'BTC/USDT', ...settings }, trainer: trainAndPass });
  await rig.startTrain();
};

/** A new version from new candles. */
const retrain = async (request: { promote?: boolean } = {}): Promise<TrainAnswer> => {
  rig.land(300);
  return (await rig.training.train({ ...request, wait: true })) as TrainAnswer;
};

const stored = async (): Promise<string> => (await retrain({ promote: false })).version_id;

let requests = 0;
const decide = (
  kind: 'promote' | 'rollback' | 'approve',
  versionId?: string,
  requestId = `request-${++requests}`,
): ReturnType<Training['decide']> =>
  rig.training.decide({
    kind,
    actor: 'a test',
    requestId,
    ...(versionId === undefined ? {} : { versionId }),
  });

/** By the link and by the ledger, which must agree. */
const champion = (): string | undefined => {
  const row = rig.ledger.champion()?.versionId;
  if (row === undefined) return undefined;
  expect(readlinkSync(path.join(rig.config.paths.modelsDir, 'current'))).toBe(`registry/${row}`);
  return row;
};

const promoteIsClosed = () =>
  until('the promote workflow is closed', async () => {
    const { status } = await rig.client.workflow.getHandle(promoteId).describe();
    return status.name !== 'RUNNING' ? status.name : undefined;
  });

describe('with AUTO_PROMOTE=false', () => {
  it('a candidate that passed waits; approving promotes it, and then nothing waits any more', async () => {
    await begin({ AUTO_PROMOTE: 'false' });
    const { version_id, promoted, message } = await retrain();
    expect({ promoted, message }).toEqual({ promoted: false, message: 'awaiting approval' });
    expect(champion()).toBeUndefined();
    await expect(decide('approve', '20240101T000000Z__hmm2__00000000')).rejects.toMatchObject({
      type: 'NothingAwaitsApproval',
    });
    expect(await decide('approve')).toMatchObject({
      versionId: version_id,
      kind: 'promote',
      actor: 'a test',
    });
    expect(champion()).toBe(version_id);
    expect(await promoteIsClosed()).toBe('COMPLETED');
    await expect(decide('approve')).rejects.toMatchObject({ type: 'NothingAwaitsApproval' });
    expect(await promoteIsClosed()).toBe('COMPLETED');
    expect(rig.ledger.promotions({ limit: 10 })).toHaveLength(1);
  });

  it('a newer candidate replaces the waiting one', async () => {
    await begin({ AUTO_PROMOTE: 'false' });
    const older = await retrain();
    const newer = await retrain();
    expect(newer.message).toBe('awaiting approval');
    await expect(decide('approve', older.version_id)).rejects.toMatchObject({
      type: 'NothingAwaitsApproval',
    });
    expect(await decide('approve', newer.version_id)).toMatchObject({ versionId: newer.version_id });
    expect(champion()).toBe(newer.version_id);
  });

  it('an approval is refused when another champion appeared since the candidate was judged', async () => {
    await begin({ AUTO_PROMOTE: 'false' });
    const other = await stored();
    const waiting = await retrain();
    await decide('promote', other);
    await expect(decide('approve')).rejects.toMatchObject({ type: 'ChampionChanged' });
    expect(champion()).toBe(other);
    expect(await decide('promote', waiting.version_id)).toMatchObject({ previousVersionId: other });
    expect(await promoteIsClosed()).toBe('COMPLETED');
  });
});

describe('commands', () => {
  it('roll back to the predecessor, or say that there is none', async () => {
    await begin();
    const first = await retrain();
    expect(first.promoted).toBe(true);
    await expect(decide('rollback')).rejects.toMatchObject({ type: 'NoPredecessor' });
    const second = await retrain();
    expect(champion()).toBe(second.version_id);
    expect(await decide('rollback')).toMatchObject({
      versionId: first.version_id,
      previousVersionId: second.version_id,
      kind: 'rollback',
    });
    expect(champion()).toBe(first.version_id);
    await expect(decide('rollback')).rejects.toMatchObject({ type: 'NoPredecessor' });
  });

  it('asked twice under one request id are carried out once, at once or later', async () => {
    await begin();
    const [one, two] = [await stored(), await stored()];
    const twice = await Promise.all([decide('promote', one, 'same'), decide('promote', one, 'same')]);
    expect(twice[0]).toEqual(twice[1]);
    await decide('promote', two);
    expect(await decide('promote', one, 'same')).toEqual(twice[0]);
    expect(champion()).toBe(two);
    expect(rig.ledger.promotions({ limit: 10 }).map(({ versionId }) => versionId)).toEqual([two, one]);
  });

  it('twenty at once are carried out one after the other, none is lost', async () => {
    await begin({ AUTO_PROMOTE: 'false' });
    const versions = [await stored(), await stored()];
    // What waits keeps the run open, and without a worker all twenty lie there when it comes back.
    await retrain();
    await rig.stopWorkers();
    const asked = Array.from({ length: 20 }, (_, n) => decide('promote', versions[n % 2], `crowd-${n}`));
    await delay(500);
    await rig.startTrain();
    const records = await Promise.all(asked);
    const fences = records.map(({ fence }) => Number(fence));
    expect(new Set(fences).size).toBe(20);
    const newest = records[fences.indexOf(Math.max(...fences))];
    expect(champion()).toBe(newest?.['versionId']);
    const moves = (await historyOf(rig.client.workflow.getHandle(promoteId))).filter((event) =>
      /(Scheduled|Completed) movePromotion/.test(event),
    );
    expect(moves).toHaveLength(40);
    for (const [n, move] of moves.entries())
      expect(move).toBe(`ActivityTask${n % 2 === 0 ? 'Scheduled' : 'Completed'} movePromotion`);
  });

  it('are refused for a version that does not exist, and for a champion that is not the expected one', async () => {
    await begin();
    const [one, two] = [await stored(), await stored()];
    await expect(decide('promote', '20240101T000000Z__hmm2__00000000')).rejects.toMatchObject({
      type: 'UnknownVersion',
    });
    await decide('promote', one);
    const late = askDecision(rig.client, {
      ...{ kind: 'promote', versionId: two, expectedChampion: null },
      ...{ actor: 'retrain', reason: 'judged when there was no champion', requestId: 'late' },
    });
    await expect(late).rejects.toMatchObject({ cause: { cause: { type: 'ChampionChanged' } } });
    expect(champion()).toBe(one);
  });
});
