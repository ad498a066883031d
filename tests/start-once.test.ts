import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoopSummary } from '../cli/embedded/loop.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const stateDir = mkdtempSync(path.join(tmpdir(), 'autotrain-start-once-'));
const symbols = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];

const settings = {
  STATE_DIR: stateDir,
  SIM_REPLAY: '../shared/data/candles',
  SYMBOLS: symbols.join(','),
  TIMEFRAME: '1h',
};

const maxSetUpMs = 300_000;

/** The command of the README on real candles; a non-zero exit rejects with what it said. */
const startOnce = async (): Promise<LoopSummary> => {
  const { TEMPORAL_ADDRESS: _, ...env } = process.env;
  const args = ['start', '--silent', '--', '--once', '--json'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root, env: { ...env, ...settings } });
  expect(stdout.trim().split('\n'), 'lines on stdout').toHaveLength(1);
  return JSON.parse(stdout) as LoopSummary;
};

let first: LoopSummary;
let second: LoopSummary;

beforeAll(async () => {
  first = await startOnce();
  second = await startOnce();
}, maxSetUpMs);

afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

describe('npm start -- --once on three years and a half of hourly candles', () => {
  it('goes through every stage', () => {
    expect(first).toMatchObject({
      ok: true,
      stages: ['ingest', 'train', 'promote', 'predict', 'param', 'learn'],
    });
    expect(first.reason).toBeUndefined();
  });

  it.each(symbols)('stores every candle of %s, and names the gaps of the exchange', (symbol) => {
    const stored = first.series.find(({ series }) => series === `binance:${symbol}:1h`);
    expect(stored).toMatchObject({ bars: 30_634, watermark: 1_719_792_000_000, missing: 14 });
    expect(stored?.gaps).toHaveLength(7);
    expect(stored?.gaps.reduce((sum, { missing }) => sum + missing, 0)).toBe(14);
  });

  it('trains and promotes one version, and says how well it does on candles that it did not see', () => {
    expect(first.version).toMatchObject({
      version_id: expect.stringMatching(/^\d{8}T\d{6}Z__hmm4__[0-9a-f]{8}$/),
      metric_name: 'val_log_likelihood',
      metric_value: expect.any(Number),
      promoted: true,
    });
    expect(first.version?.metadata.claimed_files).toBeGreaterThanOrEqual(symbols.length);
  });

  it('serves the version that it promoted', () => {
    const { regime = '', regime_proba: proba = {} } = first.predict ?? {};
    expect(Object.values(proba).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    expect(proba[regime]).toBe(Math.max(...Object.values(proba)));
    expect(first.predict).toMatchObject({ model_meta: { version_id: first.version?.version_id } });
  });

  it('answers a parameter request and learns from its outcome', () => {
    expect(first.param?.config_id.split(':')).toHaveLength(4);
    expect(first.outcome).toMatchObject({ ok: true });
  });

  it('lists its workflows, all of them completed', () => {
    const types = first.workflows.map(({ type }) => type);
    expect(types.filter((type) => type === 'ingest')).toHaveLength(symbols.length);
    expect(types).toEqual(expect.arrayContaining(['retrain', 'promote']));
    expect(new Set(first.workflows.map(({ status }) => status))).toEqual(new Set(['COMPLETED']));
  });

  it('leaves no server behind', () => {
    expect(existsSync(path.join(stateDir, 'temporal', 'server.json'))).toBe(false);
  });
});

describe('a second run on the same state', () => {
  it('finds nothing new, trains nothing, and is still ok', () => {
    expect(second.ok).toBe(true);
    expect(second.version).toMatchObject({
      version_id: 'n/a',
      metric_value: null,
      promoted: false,
      message: 'no new data',
      metadata: { claimed_files: 0 },
    });
    expect(second.series).toEqual(first.series);
  });

  it('serves the version of the first', () => {
    expect(second.predict).toMatchObject({ model_meta: { version_id: first.version?.version_id } });
    expect(second.predict?.regime_proba).toEqual(first.predict?.regime_proba);
  });
});
