import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { openFresh } from '../../ledger/fresh.fixture.ts';
import { btc, land, run1, versionNamed } from '../../ledger/ledger.fixture.ts';
import type { ModelFile, SeriesModel } from '../../registry/model-file.ts';
import { versionDir, writeVersionDir } from '../../registry/store.ts';
import { type Series, seriesKey } from '../../series.ts';
import { firstCandleMs, landPage } from '../../tests/support/candles.ts';
import type { WatchDeps } from './watch-deps.ts';
import { watchPromotion } from './watch-promotion.ts';

const key = seriesKey(btc);
const minute = ['BTC/USDT', 'ETH/USDT'].map((symbol) => ({ ...btc, symbol, timeframe: '1m' }) as const);
const [btc1m, eth1m] = minute.map(seriesKey) as [string, string];

type There = ReturnType<typeof openFresh>;

const depsOf = (there: There, series: readonly Series[]): WatchDeps => {
  const never = () => Promise.reject(new Error('nothing is asked of Temporal here'));
  return {
    ...{ ledger: there.ledger, series, dataDir: there.dataDir, modelsDir: there.dataDir },
    ask: { decide: never, failedRetrains: never, holdRetrain: never },
    options: { gate: { minCandles: 500, alpha: 0.05 } },
    watch: {
      limits: {
        staleCandles: 5,
        emptyRuns: 3,
        diskFreeBytes: 0,
        clockSkewMs: 1,
        routineMs: { audit: 172_800_000, janitor: 3_600_000, snapshot: 172_800_000 },
      },
      ...{
        isReplay: false,
        settleMs: 0,
        rollbackDrop: 0.02,
        killDrop: 0.2,
        decideMs: 20,
        webhook: undefined,
      },
      ...{ folders: [] },
      sender: { domain: 'production', namespace: 'default', uiUrl: undefined },
    },
  };
};

const watch = (there: There, series: readonly Series[] = [btc], ask: Partial<WatchDeps['ask']> = {}) => {
  const deps = depsOf(there, series);
  const options = { logger: new DefaultLogger('ERROR') };
  const environment = new MockActivityEnvironment({}, options);
  return environment.run(() => watchPromotion({ ...deps, ask: { ...deps.ask, ...ask } }));
};

/** A retrain whose candidate was compared with the champion so. */
const candidate = (there: There, number: number, n: number, upper: number): void => {
  land(there, { from: number * 2, count: 2 });
  const { claimId } = there.ledger.claim({ ...run1, leaseMs: 1000, series: [key] });
  const paired = {
    n,
    difference: upper - 0.1,
    lower: upper - 0.2,
    upper,
    alpha: 0.05,
    look: 1,
    candidate: 0,
    champion: 0,
  };
  const gate = { [key]: { decision: 'refuse', reason: 'worse', checks: [], paired } };
  const version = { ...versionNamed(number), gate };
  there.ledger.commitVersion({ ...run1, claimId, version, dispositions: [] });
};

it('a candidate that is far worse than what serves kills the loop, once; one that is merely worse does not', async () => {
  const there = openFresh();
  candidate(there, 1, 600, -0.19);
  expect(await watch(there)).toEqual({ rolledBackTo: null, killed: false, looks: 0 });
  candidate(there, 2, 499, -9);
  expect(await watch(there)).toMatchObject({ killed: false });
  candidate(there, 3, 600, -0.3);
  expect(await watch(there)).toMatchObject({ killed: true });
  expect(there.ledger.trainingKill()).toMatchObject({
    ...{ actor: 'watch', cause: `version:${versionNamed(3).versionId}` },
    reason: expect.stringMatching(
      /is far worse than the champion: .* -0\.4 nats\/candle on 600 candles, surely below -0\.3;/,
    ),
  });
  there.ledger.resumeTraining({ actor: 'ann', reason: 'known' });
  expect(await watch(there)).toMatchObject({ killed: false });
});

/** Takes every feature for narrower than it is, by `factor`. */
const modelOf = (factor: number): SeriesModel => {
  const hmm = {
    covarianceType: 'diag' as const,
    startProbability: [0.5, 0.5],
    transitionMatrix: [
      [0.9, 0.1],
      [0.1, 0.9],
    ],
    means: [
      [-0.5, 0, 0, 0],
      [0.5, 0, 0, 0],
    ],
    covariances: [
      [1, 1, 1, 1],
      [2, 2, 2, 2],
    ],
  };
  const scale = [0.001, 1, 1, 1].map((width) => width * factor);
  const trainedRange = { fromMs: firstCandleMs, toMs: firstCandleMs + 99 * 60_000 };
  return { hmm, scaler: { mean: [0, -7, -7, 0], scale }, regimes: ['BEAR', 'BULL'], trainedRange };
};

/** Lands candles of both series, and makes a version that serves them worse by `factor` the champion. */
const serve = (there: There, number: number, factor: number, candles: number): string => {
  const { ledger, dataDir } = there;
  for (const series of minute) landPage({ ledger, dataDir }, series, candles);
  const { versionId, ...version } = versionNamed(number, minute);
  const model: ModelFile = {
    ...{ schema: 'autotrain-model/1', featureSet: 'candles-4/1' },
    series: { [btc1m]: modelOf(factor), [eth1m]: modelOf(factor) },
  };
  const { modelHash } = writeVersionDir({ modelsDir: dataDir, versionId, model, metadata: {} });
  const { claimId } = ledger.claim({ ...run1, leaseMs: 1000, series: [btc1m, eth1m] });
  ledger.commitVersion({
    ...run1,
    claimId,
    version: { ...version, versionId, modelHash },
    dispositions: [],
  });
  ledger.promote({ versionId, kind: 'promote', actor: 'test', reason: 'better', requestId: versionId });
  return versionId;
};

const flipByte = (path: string): (() => void) => {
  const sound = readFileSync(path);
  const bytes = Buffer.from(sound);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
  return () => writeFileSync(path, sound);
};

const failing = ({ ledger }: There) => ledger.conditions().map(({ kind, subject }) => [kind, subject]);

it('a damaged predecessor keeps no candidate that is far worse from killing the loop, and is told', async () => {
  const there = openFresh();
  const before = serve(there, 1, 1, 100);
  const champion = serve(there, 2, 0.9, 700);
  flipByte(join(versionDir(there.dataDir, before), 'model.json'));
  await expect(watch(there, minute)).rejects.toThrow(before);
  expect(failing(there)).toEqual([['watch_failed', champion]]);
  expect(there.ledger.conditions()[0]).toMatchObject({
    severity: 'critical',
    message: expect.stringContaining(before),
  });
  candidate(there, 3, 600, -0.3);
  await expect(watch(there, minute)).rejects.toThrow(before);
  expect(there.ledger.trainingKill()?.cause).toBe(`version:${versionNamed(3).versionId}`);
  const told = there.ledger.alerts({ limit: 9 }).map(({ kind, status }) => `${kind} ${status}`);
  expect(told.filter((one) => one.startsWith('watch_failed'))).toEqual(['watch_failed firing']);
});

it('a damaged file of one series keeps the other from nothing, and is told until it is mended', async () => {
  const there = openFresh();
  serve(there, 1, 1, 100);
  const { fence } = (serve(there, 2, 0.9, 700), there.ledger.champion()!);
  const [file] = there.ledger
    .files({ limit: 9 })
    .filter(({ bars, symbol }) => bars === 700 && symbol === 'BTC/USDT');
  const mend = flipByte(join(there.dataDir, file!.path));
  await expect(watch(there, minute)).rejects.toThrow(/differs from its hash/);
  expect(there.ledger.lastLook(fence, eth1m)).toMatchObject({ look: 1 });
  expect(there.ledger.lastLook(fence, btc1m)).toBeUndefined();
  expect(failing(there)).toEqual([['watch_failed', btc1m]]);
  mend();
  const decide = () => Promise.reject(new Error('not now'));
  await watch(there, minute, { decide }).catch(() => undefined);
  expect(there.ledger.lastLook(fence, btc1m)).toMatchObject({ look: 1 });
  expect(failing(there)).not.toContainEqual(['watch_failed', btc1m]);
});

it.each([
  [
    'is refused',
    () => Promise.reject(new Error('the promote workflow is gone')),
    'the promote workflow is gone',
  ],
  ['is not answered', () => new Promise<never>(() => undefined), 'no answer within 0.02 s'],
])('a rollback that %s keeps the kill switch from nothing', async (_, decide, reason) => {
  const there = openFresh();
  serve(there, 1, 1, 100);
  serve(there, 2, 0.9, 100);
  const { fence } = there.ledger.champion()!;
  const look = { promotionFence: fence, series: eth1m, look: 1, candles: 600, difference: -0.6, upper: -0.5 };
  there.ledger.recordLook(look);
  await expect(watch(there, minute, { decide })).rejects.toThrow(reason);
  expect(there.ledger.trainingKill()?.cause).toBe(`promotion:${fence}`);
  expect(failing(there)).toEqual([['watch_failed', 'rollback']]);
});
