/**
 * A gateway's worth of load in a process of its own: `hammer.fixture.ts <store> <name> <outcomes>`.
 * Prints one line per acknowledged decision (`d <id>`) and outcome (`o <id>`), so that a test knows what was promised.
 */
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import { openController } from './open.ts';

const [path = '', name = '', outcomes = '0'] = process.argv.slice(2);
const scope = { strategy: 'momentum_breakout', instrument: 'BTCUSDT' };
const controller = openController({
  path,
  schemas: loadStrategySchemas(),
  seed: 1,
  epsilon: 0,
  l2: 1,
  maxPresets: 12,
  decisionTtlMs: 900_000,
});

const say = (line: string) =>
  new Promise<void>((done) => void process.stdout.write(`${line}\n`, () => done()));

for (let i = 0; i < Number(outcomes); i++) {
  const { decision_id: decisionId, preset_id: presetId } = controller.decide({
    ...scope,
    features: { ret: i / 1000 },
  });
  await say(`d ${decisionId}`);
  const outcomeId = `${name}-${i}`;
  controller.learn({ ...scope, presetId, decisionId, outcomeId, reward: Math.sin(i) * 10 });
  await say(`o ${outcomeId}`);
}
controller.close();
