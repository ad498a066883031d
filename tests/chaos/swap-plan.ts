import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { retrainId } from '../../workflows/ids.ts';
import type { Loop } from './loop.ts';
import { around, type Playing, type Stage, trained } from './plan.ts';
import type { World } from './world.ts';

/** A CSV that no row knows and that is old, as a crash leaves one when the exchange answers otherwise the next time. */
const leaveOrphan = ({ dataDir }: World): void => {
  const folder = path.join(dataDir, 'incoming', 'binance', 'BTC-USDT', '1h');
  mkdirSync(folder, { recursive: true });
  const orphan = path.join(folder, '1-2-000000000000.csv');
  writeFileSync(orphan, 'timestamp,open,high,low,close,volume\n');
  utimesSync(orphan, 0, 0);
};

/** An operator ends the run: nothing compensates, its claim is left to the sweep and its version to the janitor. */
const terminate = async ({ client }: World): Promise<void> => {
  await client.workflow
    .getHandle(retrainId)
    .terminate('chaos')
    .catch(() => {});
};

const promoted = async (loop: Loop): Promise<void> => {
  await trained(loop);
  await loop.promote();
};

/** The run ends between the version's directory and its row: both its claim and its directory are left. */
const endedByOperator = async ({ world, loop, supervisor }: Playing): Promise<void> => {
  await loop.ingest(60);
  const death = supervisor.nextKill(120_000);
  const run = await loop.startRetrain();
  await death;
  await terminate(world);
  await run.result().catch(() => {});
};

const sweptLater = async ({ world, loop }: Playing): Promise<void> => {
  leaveOrphan(world);
  await delay(2 * world.leaseMs);
  await loop.janitor();
};

const promotedTwice = async ({ loop }: Playing): Promise<void> => {
  await promoted(loop);
  await promoted(loop);
  await loop.janitor();
};

export const archiveStages = ({ loop }: Playing): Stage[] => {
  const member = 'train';
  const work = () => trained(loop);
  const rows = ['archive:marked', ...around('markDeleted'), 'archive:deleted', 'archive:unlinked'];
  return [
    // Few to a stage: an activity that dies often waits longer each time before it is tried again.
    { member, points: [...around('announceMonth'), 'month:unsynced', 'month:written'], work },
    { member, points: ['month:renamed', 'month:synced', 'archive:written', ...around('markArchived')], work },
    { member, points: rows, work },
    { member, points: ['month:removed'], work: () => trained(loop, 200) },
  ];
};

export const swapStages = (playing: Playing): Stage[] => {
  const member = 'train';
  const swap = ['link:tmp', 'link:renamed', 'link:synced', ...around('projectChampion')];
  const swept = [...around('sweepExpiredClaims'), 'orphan:found', 'orphan:removed', 'unknown:moved'];
  const pruned = [...around('markPruned'), 'version:marked', 'version:aside', 'version:removed'];
  return [
    { member, points: [...around('promote'), ...swap], work: () => promoted(playing.loop) },
    { member, points: ['version:renamed'], work: () => endedByOperator(playing) },
    { member, points: swept, work: () => sweptLater(playing) },
    { member, points: ['version:copied', 'version:archived', ...pruned], work: () => promotedTwice(playing) },
  ];
};
