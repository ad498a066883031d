import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { around, durably, type Playing, type Stage, trained } from './plan.ts';
import type { World } from './world.ts';

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

const damagedAndTrained = async ({ world, loop, damaged }: Playing): Promise<void> => {
  await loop.ingest(60);
  if (damaged.length === 0) damaged.push(damageOne(world));
  await loop.retrain();
};

/** In the order of the loop; few enough points in one activity that its attempts suffice. */
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
