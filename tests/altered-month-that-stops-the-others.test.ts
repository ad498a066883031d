import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { archivePath } from '../ledger/archive-files.ts';
import { parseSeries } from '../series.ts';
import { retrainId, taskQueues } from '../workflows/ids.ts';
import type { RetrainResult } from '../workflows/types.ts';
import { openRig, type Rig } from './support/rig.ts';
import { trainAndPass } from './support/trainers.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const [btc, eth] = ['binance:BTC/USDT:1m', 'binance:ETH/USDT:1m'];

let rig: Rig;
afterEach(() => rig.close());

const retrain = (): Promise<RetrainResult> =>
  rig.client.workflow.execute('retrain', { workflowId: retrainId, taskQueue: taskQueues.train, args: [{}] });

const monthOf = (series: string): string =>
  archivePath(rig.config.paths.dataDir, parseSeries(series), '2024-01');

/** Two series, trained and archived once; then candles of both wait again. */
const begin = async (exactlyOnce: boolean): Promise<void> => {
  rig = await openRig(temporal, { settings: { EXACTLY_ONCE: String(exactlyOnce) }, trainer: trainAndPass });
  await rig.startTrain();
  rig.land(400);
  expect(await retrain()).toMatchObject({ promoted: true });
  expect([monthOf(btc), monthOf(eth)].every(existsSync)).toBe(true);
  rig.land(100);
};

const spoil = (series: string): void => {
  const text = readFileSync(monthOf(series), 'utf8');
  writeFileSync(
    monthOf(series),
    text.replace(/,(\d)/, (_, digit: string) => `,${(Number(digit) + 1) % 10}`),
  );
};

const linesOf = (series: string): number =>
  readFileSync(monthOf(series), 'utf8').trimEnd().split('\n').length;
const landed = (): string[] =>
  readdirSync(path.join(rig.config.paths.dataDir, 'incoming'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.csv'),
  );

const expectServed = ({ version_id, promoted }: RetrainResult): void => {
  expect(promoted).toBe(true);
  expect(rig.ledger.champion()?.versionId).toBe(version_id);
};

/** The month is aside, and its candles of the first retrain are asked for again. */
const expectLost = (series: string): void => {
  expect(rig.ledger.gapTotals()).toEqual([{ series, gaps: 1, missing: 400 }]);
  expect(rig.ledger.alerts({ limit: 99 })).toContainEqual(
    expect.objectContaining({ kind: 'quarantine', subject: series }),
  );
};

describe('one altered month of the archive', () => {
  it('in strict mode fails no retrain that has promoted, and stops the archive of no other series', async () => {
    await begin(true);
    spoil(btc);
    const result = await retrain();
    expectServed(result);
    expect(result.metadata.series.map(({ series }) => series)).toEqual([btc, eth]);
    expectLost(btc);
    expect([linesOf(btc), linesOf(eth)]).toEqual([101, 501]);
    expect(landed()).toEqual([]);
  });

  it('in sliding mode costs its series this retrain and its candles, the others nothing', async () => {
    await begin(false);
    spoil(btc);
    const result = await retrain();
    expectServed(result);
    expect(result.metadata.series).toEqual([
      expect.objectContaining({ series: eth, outcome: 'pass' }),
      expect.objectContaining({ series: btc, outcome: 'CandleFileCorrupt' }),
    ]);
    expectLost(btc);
    expect(linesOf(eth)).toBe(501);
    rig.land(300);
    const next = await retrain();
    expectServed(next);
    expect(next.metadata.series).toMatchObject([{ outcome: 'pass' }, { outcome: 'pass' }]);
    expect([linesOf(btc), linesOf(eth)]).toEqual([401, 801]);
  });
});

it('a series that cannot be archived is a condition until it can: the retrain ends, the others are archived', async () => {
  rig = await openRig(temporal, { settings: { EXACTLY_ONCE: 'true' }, trainer: trainAndPass });
  await rig.startTrain();
  const folder = path.dirname(monthOf(btc));
  mkdirSync(path.dirname(folder), { recursive: true });
  writeFileSync(folder, 'a file where a folder should be');
  rig.land(400);
  expectServed(await retrain());
  expect(rig.ledger.conditions()).toMatchObject([{ kind: 'archive_failed', subject: btc }]);
  expect(linesOf(eth)).toBe(401);
  expect(landed()).toHaveLength(1);
  rmSync(folder);
  rig.land(100);
  expectServed(await retrain());
  expect(rig.ledger.conditions()).toEqual([]);
  expect([linesOf(btc), linesOf(eth)]).toEqual([501, 501]);
});
