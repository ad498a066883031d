import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { candleFeatures } from '../features/candle-features.ts';
import { filterRows } from '../hmm/filter.ts';
import { scaleRows } from '../hmm/scaler.ts';
import { LedgerError } from '../ledger/errors.ts';
import {
  appWith,
  candlesOf,
  fixedModels,
  hourMs,
  modelOf,
  postJson,
  regimesOf,
  seriesModelOf,
  snapshotOf,
} from './app.fixture.ts';
import type { PredictAnswer } from './predict.ts';

const predict = async (body: unknown, app = appWith().app): Promise<PredictAnswer> => {
  const answer = await app.request('/predict', postJson(body));
  expect(answer.status).toBe(200);
  return (await answer.json()) as PredictAnswer;
};

const refused = async (body: unknown, app = appWith().app) => {
  const answer = await app.request('/predict', postJson(body));
  return { status: answer.status, ...((await answer.json()) as { detail: string; code: string }) };
};

/** The mathematics without the gateway. */
const direct = (count: number) => {
  const { hmm, scaler } = seriesModelOf(4);
  const { rows, sequenceStarts } = candleFeatures(candlesOf(count), { timeframeMs: hourMs });
  return Array.from(filterRows(hmm, scaleRows(scaler, rows), sequenceStarts).filtered.slice(-4));
};

describe('POST /predict', () => {
  it('of a symbol filters the newest stored candles, however the symbol is spelt', async () => {
    const answer = await predict({ symbol: 'BTC/USDT' });
    expect(Object.keys(answer.regime_proba)).toEqual(regimesOf(4));
    expect(Object.values(answer.regime_proba)).toEqual(direct(1000));
    expect(answer.probs).toEqual(answer.regime_proba);
    expect(answer.model_meta).toMatchObject({
      version_id: 'v1',
      series: 'binance:BTC/USDT:1h',
      n_states: 4,
      as_of_ms: 1000 * hourMs,
      features_used: ['logret', 'rvol', 'range', 'volz'],
      features_marginalised: [],
    });
    for (const symbol of ['btcusdt', 'BTC-USDT', 'binance:BTC/USDT:1h', undefined]) {
      expect(await predict({ symbol })).toEqual(answer);
    }
  });

  it('tells the ids of the regimes and which are new, where the model has labels', async () => {
    const plain = (await predict({ symbol: 'BTCUSDT' })).model_meta;
    expect(plain).not.toHaveProperty('regime_ids');
    const [BEAR, one, two, BULL] = regimesOf(4);
    const flags = { fresh: [false, true, false, false], renamed: [false, false, false, true] };
    const model = { ...seriesModelOf(4), labels: { ids: [7, 9, 2, 3], ...flags, nextId: 10 } };
    const snapshot = snapshotOf('v1', { ...modelOf(4), series: { 'binance:BTC/USDT:1h': model } });
    const { app } = appWith({ models: fixedModels(snapshot) });
    expect((await predict({ symbol: 'BTCUSDT' }, app)).model_meta).toMatchObject({
      regime_ids: { [BEAR!]: 7, [one!]: 9, [two!]: 2, [BULL!]: 3 },
      regimes_fresh: [one],
      regimes_renamed: [BULL],
    });
  });

  it('gives the likeliest regime, and the forecast one transition later', async () => {
    const { regime, regime_proba, confidence, forecast } = await predict({ symbol: 'BTCUSDT' });
    expect(confidence).toBe(Math.max(...Object.values(regime_proba)));
    expect(regime_proba[regime]).toBe(confidence);
    const { transitionMatrix: a } = seriesModelOf(4).hmm;
    const now = Object.values(regime_proba);
    const next = now.map((_, k) => now.reduce((sum, p, j) => sum + p * a[j]![k]!, 0));
    Object.values(forecast).forEach((p, k) => {
      expect(p).toBeCloseTo(next[k]!, 12);
    });
  });

  it('of given candles, as arrays, objects or decimal text, is the same as of stored ones', async () => {
    const columns = candlesOf(200);
    const rows = Array.from(columns.openTimeMs, (timestamp, i) => ({
      timestamp,
      open: columns.open[i]!,
      high: columns.high[i]!,
      low: columns.low[i]!,
      close: columns.close[i]!,
      volume: columns.volume[i]!,
    }));
    const arrays = rows.map(({ timestamp, ...rest }) => [timestamp, ...Object.values(rest)]);
    const texts = arrays.map(([time, ...rest]) => [time, ...rest.map(String)]);
    for (const candles of [rows, arrays, texts]) {
      const { regime_proba } = await predict({ candles, symbol: 'BTCUSDT' });
      expect(Object.values(regime_proba)).toEqual(direct(200));
    }
  });

  it('of returns or features marginalises what cannot be computed', async () => {
    expect((await predict({ logret: [0.0004, -0.0002] })).model_meta).toMatchObject({
      features_used: ['logret'],
      features_marginalised: ['rvol', 'range', 'volz'],
    });
    expect((await predict({ features: { logret: 0.01, volz: 1, mood: 3 } })).model_meta).toMatchObject({
      features_used: ['logret', 'volz'],
      features_marginalised: ['rvol', 'range'],
      features_ignored: ['mood'],
    });
  });

  it('is computed again when the watermark moves, and only then', async () => {
    let reads = 0;
    let watermark = 1;
    const { deps } = appWith();
    const { app } = appWith({
      ledger: { ...deps.ledger, watermark: () => watermark },
      newestCandles: (_, count) => {
        reads += 1;
        return candlesOf(count);
      },
    });
    await predict({ symbol: 'BTCUSDT' }, app);
    await predict({ symbol: 'BTCUSDT' }, app);
    expect(reads).toBe(1);
    watermark = 2;
    await predict({ symbol: 'BTCUSDT' }, app);
    expect(reads).toBe(2);
  });

  it('is 503 without a model and where the version lacks a configured symbol, 404 for an unknown symbol', async () => {
    expect((await refused({}, appWith({ models: fixedModels(undefined) }).app)).status).toBe(503);
    expect(await refused({ symbol: 'ETH/USDT' })).toMatchObject({ status: 503, code: 'NoModel' });
    const unknown = await refused({ symbol: 'DOGE/USDT' });
    expect(unknown).toMatchObject({ status: 404, code: 'UnknownSymbol' });
    expect(unknown.detail).toContain('binance:BTC/USDT:1h');
  });

  it('is 503 while no candles are stored, 422 when nothing given can be used', async () => {
    expect(
      (await refused({ symbol: 'BTCUSDT' }, appWith({ newestCandles: () => candlesOf(0) }).app)).status,
    ).toBe(503);
    expect(await refused({ features: { mood: 1 } })).toMatchObject({ status: 422, code: 'NothingUsable' });
  });

  it('of one snapshot answers from that snapshot only, even when the model changes while candles are read', async () => {
    let snapshot = snapshotOf('v1', modelOf(4));
    const { app } = appWith({
      models: { ...fixedModels(undefined), snapshot: () => snapshot },
      newestCandles: (_, count) => {
        snapshot = snapshotOf('v2', modelOf(3));
        return candlesOf(count);
      },
    });
    const answer = await predict({ symbol: 'BTCUSDT' }, app);
    expect(answer.model_meta.version_id).toBe('v1');
    expect(Object.keys(answer.probs)).toEqual(regimesOf(4));
    const next = await predict({ symbol: 'BTCUSDT' }, app);
    expect(Object.keys(next.probs)).toEqual(regimesOf(3));
  });
});

describe('GET /param while the ledger cannot be read', () => {
  const askedOf = async (known: boolean) => {
    let broken = !known;
    const { ledger } = appWith().deps;
    const watermark = () => {
      if (broken) throw new LedgerError('StorageUnavailable', 'the disk reports an error');
      return 1000 * hourMs;
    };
    const { app, controller } = appWith({ ledger: { ...ledger, watermark } });
    const param = async () => (await app.request('/param/hmm/BTCUSDT')).status;
    if (known) expect(await param()).toBe(200);
    broken = true;
    // The watermark is read again after 100 ms.
    await delay(110);
    expect(await param()).toBe(200);
    return controller.at(-1)?.request;
  };

  it('is answered, with the newest watermark that is known; how old it is the guardrails see', async () => {
    expect(await askedOf(true)).toMatchObject({ market: { candlesTo: 1000 * hourMs } });
    expect(await askedOf(false)).toMatchObject({ market: { candlesTo: null } });
  });
});
