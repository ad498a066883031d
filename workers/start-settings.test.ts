import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../config.ts';
import { type Ledger, openLedger } from '../ledger/open.ts';
import { parseSeries } from '../series.ts';
import { goneSeries } from '../temporal/schedule-settings.ts';
import { type StartSettings, startChanges, startSettingsOf } from './start-settings.ts';

const btc = 'binance:BTC/USDT:1m';
const eth = 'binance:ETH/USDT:1m';

let folder: string;
let ledger: Ledger;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'autotrain-starts-'));
  ledger = openLedger({ path: path.join(folder, 'ledger.sqlite'), domain: 'production' });
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

/** As a worker does it. */
const start = (env: Record<string, string>): readonly string[] => {
  const settings = startSettingsOf(loadConfig(env));
  const compare = (before: StartSettings | undefined) => startChanges(ledger, before, settings);
  return ledger.recordStart<StartSettings>({ settings, actor: 'test', compare });
};

describe('a start says what changed since the last one', () => {
  it('nothing at first, nothing the second time, and nothing twice to the second worker of a start', () => {
    expect(start({})).toEqual([]);
    expect(start({})).toEqual([]);
    expect(start({ HMM_STATES: '6' })).toHaveLength(1);
    expect(start({ HMM_STATES: '6' })).toEqual([]);
    expect(ledger.auditTrail({ limit: 10 }).map(({ action }) => action)).toEqual([
      'start.changed',
      'start.changed',
    ]);
    expect(ledger.lastStart()).toMatchObject({ settings: { HMM_STATES: 6 } });
  });

  it('symbols that are gone, new, or back at their watermark', () => {
    start({ SYMBOLS: 'BTC/USDT,ETH/USDT' });
    ledger.startWatermark(parseSeries(eth), Date.UTC(2024, 0, 15));
    expect(start({ SYMBOLS: 'BTC/USDT,SOL/USDT' })).toEqual([
      'binance:SOL/USDT:1m is new: it begins at its own genesis, the others do not wait',
      `${eth} is gone: its ingest is paused, its candles and lineage stay`,
    ]);
    expect(start({ SYMBOLS: 'BTC/USDT,ETH/USDT,SOL/USDT' })).toEqual([
      `${eth} is back: it is taken up at 2024-01-15T00:00:00.000Z, it has no lineage yet`,
    ]);
  });

  it('another timeframe is other series; states, scope and mode say what becomes of lineages', () => {
    start({ SYMBOLS: 'BTC/USDT' });
    const changes = start({ SYMBOLS: 'BTC/USDT', TIMEFRAME: '5m', HMM_STATES: '6', EXACTLY_ONCE: 'false' });
    expect(changes).toEqual([
      'TIMEFRAME 1m → 5m: candles of another length are other series',
      'binance:BTC/USDT:5m is new: it begins at its own genesis, the others do not wait',
      `${btc} is gone: its ingest is paused, its candles and lineage stay`,
      expect.stringMatching(/^HMM_STATES 4 → 6: strict lineages go on with the number of their genesis/),
      expect.stringMatching(/^EXACTLY_ONCE true → false: /),
    ]);
  });

  it('other features cannot go on', () => {
    const settings = startSettingsOf(loadConfig({}));
    expect(startChanges(ledger, { ...settings, featureSet: 'candles-3/1' }, settings)).toEqual([
      expect.stringMatching(/^featureSet candles-3\/1 → candles-4\/1: .* lineage -- new/),
    ]);
  });
});

it('gone is every series with candles or once configured, also one that never had a candle', () => {
  start({ SYMBOLS: 'BTC/USDT,ETH/USDT' });
  start({ SYMBOLS: 'BTC/USDT' });
  ledger.startWatermark(parseSeries('binance:SOL/USDT:1m'), 60_000);
  const now = startSettingsOf(loadConfig({ SYMBOLS: 'BTC/USDT' }));
  expect(goneSeries(ledger, now).sort()).toEqual([eth, 'binance:SOL/USDT:1m']);
});
