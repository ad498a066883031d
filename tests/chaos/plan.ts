import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { retrainId } from '../../workflows/ids.ts';
import type { Loop } from './loop.ts';
import type { Supervisor } from './supervisor.ts';
import type { World } from './world.ts';

/** A loop, and what the plan needs to know of it. */
export interface Playing {
  readonly world: World;
  readonly loop: Loop;
  readonly supervisor: Pick<Supervisor, 'nextKill'>;
  /** Paths of CSVs that the test damages. */
  readonly damaged: string[];
}

export interface Stage {
  readonly member: 'ingest' | 'train';
  /** Points that one run of `work` passes in this order, a death at each. */
  readonly points: readonly string[];
  readonly work: () => Promise<void>;
}

const around = (commit: string): string[] => [`${commit}:uncommitted`, `${commit}:committed`];
const durably = (what: string): string[] =>
  ['unsynced', 'written', 'renamed', 'synced'].map((at) => `${what}:${at}`);

/** A CSV that no row knows and that is old, as a crash leaves one when the exchange answers otherwise the next time. */
const leaveOrphan = ({ dataDir }: World): void => {
  const folder = path.join(dataDir, 'incoming', 'binance', 'BTC-USDT', '1h');
  mkdirSync(folder, { recursive: true });
  const orphan = path.join(folder, '1-2-000000000000.csv');
  writeFileSync(orphan, 'timestamp,open,high,low,close,volume\n');
  utimesSync(orphan, 0, 0);
};

/** Alters the newest CSV of a series, as a failing disk does; gives its path. */
const damageOne = ({ dataDir }: World): string => {
  const folder = path.join('incoming', 'binance', 'ETH-USDT', '1h');
  const name = readdirSync(path.join(dataDir, folder))
    .filter((file) => /^\d+-\d+-\w+\.csv$/.test(file))
    .sort()
    .at(-1) as string;
  writeFileSync(path.join(dataDir, folder, name), 'timestamp,open,high,low,close,volume\n1,1,1,1,1,1\n');
  return path.join(folder, name);
};

/** An operator ends the run: nothing compensates, its claim is left to the sweep and its version to the janitor. */
const terminate = async ({ client }: World): Promise<void> => {
  await client.workflow
    .getHandle(retrainId)
    .terminate('chaos')
    .catch(() => {});
};

const trained = async (loop: Loop, candles = 60): Promise<void> => {
  await loop.ingest(candles);
  await loop.retrain();
};

const promoted = async (loop: Loop): Promise<void> => {
  await trained(loop);
  await loop.promote();
};

/** In the order of the loop; few enough points in one activity that its attempts suffice. */
export const ingestStages = ({ loop }: Playing): Stage[] => [
  { member: 'ingest', points: around('startWatermark'), work: () => loop.ingest(0) },
  {
    member: 'ingest',
    points: [...durably('file'), 'file:unregistered', ...around('registerFile'), 'file:registered'],
    work: () => loop.ingest(60),
  },
];

const damagedAndTrained = async ({ world, loop, damaged }: Playing): Promise<void> => {
  await loop.ingest(60);
  if (damaged.length === 0) damaged.push(damageOne(world));
  await loop.retrain();
};

export const trainingStages = (playing: Playing): Stage[] => {
  const member = 'train';
  const work = () => trained(playing.loop);
  return [
    { member, points: [...around('claim'), ...around('hold')], work },
    { member, points: durably('staged'), work },
    { member, points: ['version:begun', 'version:written', 'version:renamed', 'version:synced'], work },
    { member, points: [...around('commitVersion'), 'version:committed', 'staged:removed'], work },
    { member, points: around('giveBack'), work: () => trained(playing.loop, 10) },
    { member, points: around('quarantine'), work: () => damagedAndTrained(playing) },
  ];
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

export const swapStages = (playing: Playing): Stage[] => {
  const { loop } = playing;
  const member = 'train';
  const work = () => trained(loop);
  const rows = ['archive:marked', ...around('markDeleted'), 'archive:deleted', 'archive:unlinked'];
  const swap = ['link:tmp', 'link:renamed', 'link:synced', ...around('projectChampion')];
  const pruned = [...around('markPruned'), 'version:marked', 'version:aside', 'version:removed'];
  return [
    { member, points: [...durably('month'), 'archive:written'], work },
    { member, points: [...around('markArchived'), ...rows], work },
    { member, points: ['month:removed'], work: () => trained(loop, 200) },
    { member, points: [...around('promote'), ...swap], work: () => promoted(loop) },
    { member, points: ['version:renamed'], work: () => endedByOperator(playing) },
    {
      member,
      points: [...around('sweepExpiredClaims'), 'orphan:found', 'orphan:removed', 'unknown:moved'],
      work: () => sweptLater(playing),
    },
    { member, points: ['version:copied', 'version:archived', ...pruned], work: () => promotedTwice(playing) },
  ];
};

/** What a gateway passes while engines trade. */
export const gatewayPoints = [...around('register'), ...around('decide'), ...around('learn')];
