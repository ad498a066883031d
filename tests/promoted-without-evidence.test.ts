import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GateResult } from '../registry/gate.ts';
import { replayFolder, startOnce } from './processes/start-once.ts';

const series = 'binance:BTC/USDT:1h';
const simple = { HMM_STATES: '2', HMM_COVARIANCE: 'diag' };

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'autotrain-gate-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const run = async (env: Record<string, string>) => {
  const { summary } = await startOnce({
    STATE_DIR: home,
    SIM_REPLAY: replayFolder,
    SYMBOLS: 'BTC/USDT',
    TIMEFRAME: '1h',
    EXACTLY_ONCE: 'false',
    // The window of the earliest of these trainings begins here.
    START_TS: '2023-01-01',
    ...env,
  });
  if (!summary.version) throw new Error(`no version: ${summary.reason}`);
  const { version_id: id } = summary.version;
  const file = path.join(home, 'models', 'registry', id, 'metadata.json');
  const gate = (JSON.parse(readFileSync(file, 'utf8')) as { gates: Record<string, GateResult> }).gates[
    series
  ];
  if (!gate) throw new Error(`${id} has no gate of ${series}`);
  return { summary, version: summary.version, gate };
};

describe('the second retrain, on half a year of later candles', () => {
  it('promotes a better model, and says by how much, how surely and on how many candles', async () => {
    await run({ ...simple, SIM_UNTIL: '2024-01-01' });
    const { version, gate } = await run({});
    expect(gate.decision).toBe('pass');
    expect(version.promoted).toBe(true);
    expect(gate.paired?.n).toBeGreaterThan(1_500);
    expect(gate.paired?.lower).toBeGreaterThan(0);
    expect(gate.paired?.difference).toBeGreaterThan(gate.paired?.lower ?? Number.POSITIVE_INFINITY);
    expect(gate.paired?.upper).toBeGreaterThan(gate.paired?.difference ?? Number.POSITIVE_INFINITY);
  });

  it('refuses a worse one and goes on serving the champion', async () => {
    const first = await run({ SIM_UNTIL: '2024-01-01' });
    const { summary, version, gate } = await run(simple);
    expect(gate.decision).toBe('refuse');
    expect(gate.paired?.upper).toBeLessThan(0);
    expect(version.promoted).toBe(false);
    expect(summary.ok).toBe(true);
    expect(summary.predict).toMatchObject({ model_meta: { version_id: first.version.version_id } });
  });

  it('calls 264 later candles insufficient evidence, however good they look', async () => {
    await run({ ...simple, SIM_UNTIL: '2024-06-20' });
    const { version, gate } = await run({});
    expect(gate.decision).toBe('insufficient');
    expect(gate.reason).toContain('insufficient evidence');
    expect(version.promoted).toBe(false);
  });
});
