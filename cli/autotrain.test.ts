import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { versionIdOfStates } from '../api/app.fixture.ts';
import { openController } from '../controller/open.ts';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import { filledState } from '../tests/processes/filled-state.ts';
import { autotrainCommand } from './autotrain.ts';

let state: ReturnType<typeof filledState>;
let decisionId: string;
const version = versionIdOfStates(3);

beforeAll(() => {
  state = filledState(3);
  const controller = openController({
    path: state.env['PC_DB']!,
    schemas: loadStrategySchemas(),
    seed: 42,
    epsilon: 0,
    l2: 1,
    maxPresets: 12,
    decisionTtlMs: 900_000,
  });
  const scope = { strategy: 'momentum_breakout', instrument: 'BTCUSDT' };
  const answer = controller.decide({
    ...scope,
    features: { vol: 0.02 },
    context: { hmm_bull: 0.7 },
    modelVersion: version,
  });
  decisionId = answer.decision_id;
  controller.learn({ ...scope, presetId: answer.preset_id, decisionId, reward: 12.5, outcomeId: 'o1' });
  controller.close();
});
afterAll(() => state.remove());

describe('why', () => {
  test('prints the decision, its odds, its outcome, the model, its window, and the files with their hashes', async () => {
    const { code, text } = await autotrainCommand(['why', decisionId], state.env);
    expect(code).toBe(0);
    expect(text).toContain(`decision   ${decisionId}  momentum_breakout on BTCUSDT`);
    expect(text).toMatch(/served {5}\w+ \(\d+\.\d\d %\) {2}because: sampled/);
    expect(text).toContain('outcome    o1  decision  12.5');
    expect(text).toContain(`model      ${version}`);
    expect(text).toMatch(/window {5}binance:BTC\/USDT:1h {2}1970/);
    expect(text).toMatch(/file {7}\S+ {2}500 candles {2}[0-9a-f]{64}/);
  });

  test('for programs it is one object', async () => {
    const { text } = await autotrainCommand(['why', decisionId, '--json'], state.env);
    expect(JSON.parse(text)).toMatchObject({
      ok: true,
      decision: { decision_id: decisionId, model_version: version, features: { vol: 0.02, hmm_bull: 0.7 } },
      model: { known: true, files: [{ bars: 500 }] },
    });
  });

  test('an unknown decision is refused', async () => {
    expect(await autotrainCommand(['why', 'nope'], state.env)).toEqual({ code: 1, text: 'no decision nope' });
  });
});

test('evaluation', async () => {
  const argv = ['evaluation', '--strategy', 'momentum_breakout', '--instrument', 'btc/usdt'];
  const { code, text } = await autotrainCommand(argv, state.env);
  expect(code).toBe(0);
  expect(text).toContain('1 free decisions that earned');
  expect(text).toContain('was not served by any of them: nothing is known');
  expect(text).toMatch(/DR \S+ \[unknown\] {2}IPS \S+ \[unknown\] {2}SNIPS .* DM /);
  expect(text).toMatch(/left out: 0 forced, \d+ without a reward, 0 in which/);
  expect(text.match(/^from .* to .*: \d decisions, best: cannot be told$/gm)).toHaveLength(2);
  expect(text).not.toMatch(/NaN|Infinity/);
});

test.each([[[]], [['what']], [['why']], [['why', 'a', 'b']], [['evaluation']], [['why', 'a', '--no-such']]])(
  '%j is wrong use',
  async (argv) => {
    const { code, text } = await autotrainCommand(argv, state.env);
    expect(code).toBe(2);
    expect(text).toContain('usage:');
  },
);

test('where no store is, both places are named', async () => {
  const { code, text } = await autotrainCommand(['why', 'x'], {
    DATA_DIR: '/nowhere',
    STATE_DIR: '/nowhere/else',
  });
  expect(code).toBe(1);
  expect(text).toContain('/nowhere/param_controller.sqlite nor');
});
