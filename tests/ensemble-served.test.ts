import { afterEach, describe, expect, it } from 'vitest';
import { evaluate } from '../api/regimes.ts';
import { readVersion } from '../registry/store.ts';
import { retrainId, taskQueues } from '../workflows/ids.ts';
import type { RetrainResult } from '../workflows/types.ts';
import { openRig, type Rig } from './support/rig.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
const btc = 'binance:BTC/USDT:1m';

let rig: Rig;
afterEach(() => rig.close());

describe('HMM_ENSEMBLE', () => {
  it('reaches the version and what is served, through settings, training and registry', async () => {
    const settings = { HMM_ENSEMBLE: '3,2', EXACTLY_ONCE: 'false', SYMBOLS: 'BTC/USDT' };
    rig = await openRig(temporal, { settings });
    await rig.startTrain();
    rig.land(600);
    const start = { workflowId: retrainId, taskQueue: taskQueues.train, args: [{}] };
    const result: RetrainResult = await rig.client.workflow.execute('retrain', start);
    expect(result.promoted).toBe(true);
    const model = readVersion(rig.config.paths.modelsDir, result.version_id).model.series[btc]!;
    expect(model.ensemble!.members.map(({ regimes }) => regimes.length)).toEqual([2, 3]);
    const rows = Float64Array.of(0, Number.NaN, Number.NaN, Number.NaN);
    const known = { rows, sequenceStarts: [0], used: ['logret'], marginalised: [], ignored: [] };
    const { probabilities } = evaluate(model, known);
    expect(Object.values(probabilities).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(Object.keys(probabilities)).toEqual(expect.arrayContaining(['BEAR', 'BULL']));
  });
});
