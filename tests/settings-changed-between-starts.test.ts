import { afterEach, describe, expect, it } from 'vitest';
import type { TrainAnswer } from '../api/training.ts';
import { applySchedules, listSchedules } from '../temporal/schedules.ts';
import { ingestId } from '../workflows/ids.ts';
import { openRig, type Rig } from './support/rig.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const btc = 'binance:BTC/USDT:1m';
const eth = 'binance:ETH/USDT:1m';

const rigs: Rig[] = [];
afterEach(async () => {
  const [first] = rigs;
  if (first)
    for await (const { scheduleId } of first.client.schedule.list())
      await first.client.schedule.getHandle(scheduleId).delete();
  for (const rig of rigs.splice(0).reverse()) await rig.close();
});

/** A start over what the first one left, under other settings. */
const start = async (settings: Record<string, string>): Promise<Rig> => {
  const { dataDir, modelsDir } = rigs[0]?.config.paths ?? {};
  const places = dataDir && modelsDir ? { DATA_DIR: dataDir, MODELS_DIR: modelsDir } : {};
  const rig = await openRig(temporal, { settings: { EXACTLY_ONCE: 'true', ...places, ...settings } });
  rigs.push(rig);
  await rig.startTrain();
  return rig;
};

const train = async (rig: Rig): Promise<TrainAnswer> =>
  (await rig.training.train({ wait: true })) as TrainAnswer;

describe('schedules of series that are gone', () => {
  const never = {
    ingestCron: '0 0 1 1 *',
    auditCron: '0 0 1 1 *',
    retrainCron: '0 0 1 1 *',
    snapshotCron: '0 0 1 1 *',
    watchEveryMs: 60_000_000,
    janitorEveryMs: 60_000_000,
  };
  const id = (series: string): string => `schedule-${ingestId(series)}`;

  const apply = async (rig: Rig, series: readonly string[], gone: readonly string[] = []) => {
    const changes = await applySchedules(rig.client, rig.ledger, { ...never, series, gone });
    return Object.fromEntries([btc, eth].map((one) => [one, changes[id(one)]]));
  };
  const stateOf = async (rig: Rig, series: string) =>
    (await rig.client.schedule.getHandle(id(series)).describe()).state;

  it('are paused and named, seen in /schedules, and go on when the series is back', async () => {
    const rig = await start({});
    await apply(rig, [btc, eth]);
    expect(await apply(rig, [btc], [eth])).toEqual({ [btc]: 'unchanged', [eth]: 'paused' });
    const listed = await until('it is listed as paused', async () =>
      (await listSchedules(rig.client)).find((one) => one.id === id(eth) && one.paused),
    );
    expect(listed.note).toMatch(/^autotrain: binance:ETH\/USDT:1m is no longer among SYMBOLS/);
    expect((await stateOf(rig, btc)).paused).toBe(false);
    expect(await apply(rig, [btc], [eth, 'binance:NEVER/SEEN:1m'])).toEqual({ [btc]: 'unchanged' });
    expect(await apply(rig, [btc, eth])).toEqual({ [btc]: 'unchanged', [eth]: 'resumed' });
    expect(await stateOf(rig, eth)).toMatchObject({ paused: false });
  });

  it('that a person paused stay paused, before and after', async () => {
    const rig = await start({});
    await apply(rig, [btc, eth]);
    const handle = rig.client.schedule.getHandle(id(eth));
    await handle.pause('the exchange is moving');
    await apply(rig, [btc], [eth]);
    expect(await apply(rig, [btc, eth])).toEqual({ [btc]: 'unchanged', [eth]: 'unchanged' });
    expect(await stateOf(rig, eth)).toMatchObject({ paused: true, note: 'the exchange is moving' });
  });
});

it('a new series that is short of data does not hold up the others, and begins at a genesis of its own', async () => {
  const alone = await start({ SYMBOLS: 'BTC/USDT' });
  alone.land(400);
  const first = await train(alone);
  await alone.stopWorkers();

  const both = await start({ SYMBOLS: 'BTC/USDT,ETH/USDT' });
  both.land(50);
  const second = await train(both);
  expect(second.metadata).toMatchObject({ claimed_files: 1, parent_version: first.version_id });
  expect(second.metadata['series']).toMatchObject([
    { series: btc },
    { series: eth, outcome: 'NotEnoughData', reason: expect.stringMatching(/50 candles for the genesis/) },
  ]);
  both.land(300);
  await train(both);
  expect(both.ledger.lineages().map(({ lineage }) => lineage)).toEqual([`${btc}#1`, `${eth}#1`]);
});

it('a series that is gone is not claimed; back again its lineage goes on where it was', async () => {
  const both = await start({});
  both.land(400);
  await train(both);
  const before = both.ledger.activeLineage(eth);
  both.land(100);
  await both.stopWorkers();

  const without = await start({ SYMBOLS: 'BTC/USDT' });
  const middle = await train(without);
  expect(middle.metadata).toMatchObject({ claimed_files: 1 });
  expect(without.ledger.fileCounts()).toMatchObject({ downloaded: 1 });
  expect(without.ledger.activeLineage(eth)).toEqual(before);
  await without.stopWorkers();

  const again = await start({});
  expect((await train(again)).metadata).toMatchObject({ claimed_files: 1 });
  expect(again.ledger.lineages().map(({ lineage }) => lineage)).toEqual([`${btc}#1`, `${eth}#1`]);
  expect(again.ledger.activeLineage(eth)?.headVersionId).not.toBe(before?.headVersionId);
});

it('with other states a lineage goes on with its own, and the version says so', async () => {
  const first = await start({ SYMBOLS: 'BTC/USDT' });
  first.land(400);
  await train(first);
  await first.stopWorkers();
  const other = await start({ SYMBOLS: 'BTC/USDT', HMM_STATES: '3' });
  other.land(100);
  const { metadata, version_id: versionId } = await train(other);
  expect(metadata).toMatchObject({ n_states: 2, claimed_files: 1 });
  expect(other.ledger.version(versionId)?.nStates).toBe(2);
});
