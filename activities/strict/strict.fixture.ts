import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { type Config, loadConfig } from '../../config.ts';
import type { Candle } from '../../exchange/exchange.ts';
import type { CrashPoint } from '../../ledger/crash-points.ts';
import { freshDir } from '../../ledger/fresh.fixture.ts';
import { landCandles } from '../../ledger/landing.ts';
import { openLedger } from '../../ledger/open.ts';
import { createRandom } from '../../numerics/random.ts';
import { projectChampion } from '../../registry/current.ts';
import { readHead } from '../../registry/heads.ts';
import { parseSeries, seriesKey } from '../../series.ts';
import { trainAndPass, trainHere } from '../../tests/support/trainers.ts';
import { trainDeps } from '../../workers/deps.ts';
import { candlesMayCause } from '../../workflows/failed-training.ts';
import type {
  CommittedVersion,
  RetrainRequest,
  SeriesFailure,
  SeriesOutcome,
} from '../../workflows/types.ts';
import { createTrainRole } from '../index.ts';

export const minuteMs = 60_000;
export const btc = parseSeries('binance:BTC/USDT:1m');
export const key = seriesKey(btc);
const startMs = 1_705_276_800_000;
export const timeOf = (at: number): number => startMs + at * minuteMs;

/** A seeded random walk whose volatility changes; candle `at` is the same in every test, `copy` changes its close. */
const random = createRandom(11);
let price = 100;
const walk = Array.from({ length: 4000 }, (_, at): readonly [number, number, number, number, number] => {
  const open = price;
  price *= Math.exp((Math.floor(at / 150) % 2 === 0 ? 0.0005 : 0.003) * random.normal());
  const high = Math.max(open, price) * (1 + 0.0005 * random.uniform());
  const low = Math.min(open, price) * (1 - 0.0005 * random.uniform());
  return [open, high, low, price, 10 * Math.exp(random.normal())];
});

const candleAt = (at: number, copy: number): Candle => {
  const [open, high, low, close, volume] = walk[at]!;
  const text = (value: number): string => value.toFixed(6);
  return [
    timeOf(at),
    text(open),
    text(high),
    text(low),
    text(copy ? (open + high) / 2 : close),
    text(volume),
  ];
};

/** The activities of a retrain on directories of their own, without a Temporal server. */
export const openStrict = (
  options: { settings?: Record<string, string>; pass?: boolean; crash?: CrashPoint } = {},
) => {
  const home = freshDir();
  const env = {
    ...{ SYMBOLS: 'BTC/USDT', TIMEFRAME: '1m', HMM_STATES: '2', HMM_COVARIANCE: 'diag' },
    ...{ TRAIN_MIN_POINTS: '300', PROMOTION_MIN_CANDLES: '100', DELETE_AFTER_PROCESS: 'false' },
    ...{ STATE_DIR: home, DATA_DIR: join(home, 'ml'), MODELS_DIR: join(home, 'models') },
    ...options.settings,
  };
  const configOf = (settings: Record<string, string> = {}) => loadConfig({ ...env, ...settings });
  const config = configOf();
  const { dataDir, modelsDir, ledgerFile } = config.paths;
  const ledger = openLedger({ path: ledgerFile, domain: config.domain });
  let crash = options.crash;
  const roleOf = (settings: Config) =>
    createTrainRole({
      ...trainDeps(settings, {
        ...{ ledger, codeVersion: 'test', trainer: options.pass ? trainAndPass : trainHere },
        client: undefined as never,
      }),
      crash: (point) => crash?.(point),
    });
  let role = roleOf(config);
  let runs = 0;
  /** A run of the workflow: what it calls are its activities. */
  const newRun = () => {
    runs += 1;
    const workflowExecution = { workflowId: 'retrain:regimes', runId: `run-${runs}` };
    const environment = new MockActivityEnvironment(
      { workflowExecution },
      { logger: new DefaultLogger('ERROR') },
    );
    return <T>(activity: () => Promise<T>): Promise<T> => environment.run(activity) as Promise<T>;
  };
  type Run = ReturnType<typeof newRun>;

  /** Lands candles [from, to) as one file that was fetched after all before. */
  let fetches = 0;
  const land = (from: number, to: number, { copy = 0, without = [] as number[] } = {}) => {
    const numbers = Array.from({ length: to - from }, (_, i) => from + i).filter(
      (at) => !without.includes(at),
    );
    const watermark = ledger.watermark(btc) ?? ledger.startWatermark(btc, timeOf(from));
    fetches += 1;
    return landCandles({
      ...{ ledger, dataDir, landing: 'incoming', series: btc, fetchedAt: fetches, gaps: [] },
      candles: numbers.map((at) => candleAt(at, copy)),
      expectedWatermark: watermark,
      nextWatermark: Math.max(watermark, timeOf(to)),
    });
  };

  const trainAll = async (run: Run, claimId: number, nStates: number | undefined) => {
    const trained: SeriesOutcome[] = [];
    const left: SeriesFailure[] = [];
    try {
      const request = { claimId, series: key, ...(nStates === undefined ? {} : { nStates }) };
      trained.push(await run(() => role.trainSeries(request)));
    } catch (error) {
      const { type = 'Error', message: reason } = error as Error & { type?: string };
      left.push({ series: key, type, reason });
    }
    return { trained, left };
  };

  const promote = (versionId: string, kind: 'promote' | 'rollback' = 'promote'): void => {
    ledger.promote({
      versionId,
      kind,
      actor: 'test',
      reason: 'test',
      requestId: `${kind}:${versionId}:${runs}`,
    });
    projectChampion({ ledger, modelsDir });
  };

  /** As the workflow does it: claim, train, commit, promote what passed; undefined when there was too little. */
  const retrain = async (
    request: RetrainRequest = {},
  ): Promise<{ version?: CommittedVersion; left: SeriesFailure[] }> => {
    const run = newRun();
    const claim = await run(() => role.claimFiles());
    const { trained, left } = await trainAll(run, claim.claimId, request.nStates);
    if (left.length > 0) {
      const countAttempt = left.some(candlesMayCause);
      await run(() => role.giveBack({ claimId: claim.claimId, countAttempt }));
      return { left };
    }
    const version = await run(() => role.commitVersion({ claimId: claim.claimId, trained, left, request }));
    if (request.promote !== false && version.passed.length > 0) promote(version.versionId);
    await run(() => role.archiveProcessed());
    return { version, left };
  };

  const head = () => {
    const { headVersionId, headHash } = ledger.activeLineage(key)!;
    const series = key;
    return readHead({ modelsDir, versionId: headVersionId!, series, expectedHeadHash: headHash! }).head;
  };

  return {
    ...{ config, env, ledger, land, retrain, promote, head, newRun, dataDir, modelsDir },
    role: () => role,
    /** The worker starts again with other settings. */
    configure: (settings: Record<string, string>) => {
      role = roleOf(configOf(settings));
    },
    setCrash: (next: CrashPoint | undefined) => {
      crash = next;
    },
    /** For the independent checker. */
    paths: { ledgerFile, dataDir, modelsDir, timeframeMs: minuteMs },
  };
};
