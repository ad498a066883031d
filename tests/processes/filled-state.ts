import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { btc, candlesOf, hourMs, modelOf, settings, versionIdOfStates } from '../../api/app.fixture.ts';
import type { Candle } from '../../exchange/exchange.ts';
import { landCandles } from '../../ledger/landing.ts';
import { openLedger } from '../../ledger/open.ts';
import { projectChampion } from '../../registry/current.ts';
import { writeVersionDir } from '../../registry/store.ts';

const series = settings.series[0]!;
const candlesPerVersion = 500;

const candleRows = (count: number): Candle[] => {
  const { openTimeMs, open, high, low, close, volume } = candlesOf(count);
  return Array.from(openTimeMs, (time, i) => {
    const [o, h, l, c, v] = [open, high, low, close, volume].map((column) => String(column[i]));
    return [time, o!, h!, l!, c!, v!];
  });
};

/**
 * Databases, candles and a registry as a trained state leaves them: for each number of states a page of 500 hourly
 * candles of BTC/USDT and the version that came of it. `promote` moves the champion as the promote workflow does.
 */
export const filledState = (...nStates: readonly number[]) => {
  const root = mkdtempSync(join(tmpdir(), 'autotrain-gateway-'));
  const paths = { dataDir: join(root, 'ml'), modelsDir: join(root, 'models') };
  const ledger = openLedger({ path: join(root, 'ledger.sqlite'), domain: 'production' });
  const rows = candleRows(nStates.length * candlesPerVersion);

  const land = (at: number) => {
    const candles = rows.slice(at * candlesPerVersion, (at + 1) * candlesPerVersion);
    const expectedWatermark = ledger.startWatermark(series, candles[0]![0]);
    const nextWatermark = candles.at(-1)![0] + hourMs;
    const page = { series, candles, fetchedAt: at, expectedWatermark, nextWatermark, gaps: [] };
    landCandles({ ledger, dataDir: paths.dataDir, landing: 'incoming', ...page });
  };

  const commit = (K: number) => {
    const run = { workflowId: 'retrain:regimes', runId: `run-${K}` };
    const { claimId } = ledger.claim({ ...run, leaseMs: 60_000, series: [btc] });
    const versionId = versionIdOfStates(K);
    const { modelsDir } = paths;
    const { dir, modelHash } = writeVersionDir({
      modelsDir,
      versionId,
      model: modelOf(K),
      metadata: { n_obs: 404 },
    });
    const names = {
      versionId,
      dir,
      modelHash,
      dataHash: 'data',
      parentVersionId: null,
      tag: null,
      series: [btc],
    };
    const numbers = {
      nStates: K,
      nObs: 404,
      metricName: 'val_log_likelihood',
      metricValue: 1.5,
      createdAt: K,
    };
    ledger.commitVersion({ ...run, claimId, version: { ...names, ...numbers, gate: {} }, dispositions: [] });
  };

  const promote = (K: number, requestId: string) => {
    const request = {
      versionId: versionIdOfStates(K),
      kind: 'promote',
      actor: 'test',
      reason: 'test',
    } as const;
    const row = ledger.promote({ ...request, requestId });
    projectChampion({ ledger, modelsDir: paths.modelsDir });
    return row;
  };

  nStates.forEach((K, at) => {
    land(at);
    commit(K);
  });
  return {
    root,
    ...paths,
    ledger,
    candles: rows.length,
    promote,
    /** Settings under which a process works on this state. */
    env: {
      SYMBOLS: 'BTC/USDT,ETH/USDT',
      TIMEFRAME: '1h',
      STATE_DIR: root,
      DATA_DIR: paths.dataDir,
      LEDGER_DB: join(root, 'ledger.sqlite'),
      PC_DB: join(root, 'controller.sqlite'),
      MODELS_DIR: paths.modelsDir,
    },
    remove: () => {
      ledger.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
};
