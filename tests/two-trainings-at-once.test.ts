import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { TrainAnswer } from '../api/training.ts';
import { retrainId } from '../workflows/ids.ts';
import { type GatewayProcess, startGatewayProcess } from './processes/gateway-process.ts';
import { openRig, type Rig } from './support/rig.ts';
import { heldTrainer } from './support/trainers.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);

let rig: Rig;
let held: ReturnType<typeof heldTrainer>;
let gateways: GatewayProcess[];

beforeAll(async () => {
  held = heldTrainer();
  rig = await openRig(temporal, { trainer: held.trainer });
  gateways = await Promise.all([startGatewayProcess(rig.env), startGatewayProcess(rig.env)]);
  await rig.startTrain();
});
beforeEach(() => rig.land(300));
afterEach(() => held.releaseAll());
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await rig.close();
});

const train = async (gateway: number, body: unknown, query = ''): Promise<[number, TrainAnswer]> => {
  const response = await fetch(`${gateways[gateway]?.url}/train${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return [response.status, (await response.json()) as TrainAnswer];
};

const retrainRuns = async (): Promise<string[]> => {
  const runs: string[] = [];
  for await (const run of rig.client.workflow.list({ query: `WorkflowId="${retrainId}"` }))
    runs.push(run.runId);
  return runs;
};

it('two gateways asked at the same moment make one run and answer the same version; another request gets 409', async () => {
  const both = [train(0, { tag: 'twice' }), train(1, { tag: 'twice' })];
  await until('both series train', () => held.calls.length === 2);
  const [status, refused] = await train(0, { n_states: 3 });
  expect([status, refused]).toMatchObject([409, { code: 'RetrainRunning' }]);
  expect(await train(1, { tag: 'another' })).toMatchObject([409, { code: 'RetrainRunning' }]);
  held.releaseAll();
  const [one, other] = await Promise.all(both);
  expect(one).toEqual(other);
  expect(one?.[0]).toBe(200);
  expect(one?.[1]).toMatchObject({ promoted: true, metadata: { claimed_files: 2 } });
  expect(rig.ledger.versions({ limit: 10 }).map(({ versionId }) => versionId)).toEqual([one?.[1].version_id]);
  await until('visibility shows the run', async () => (await retrainRuns()).length > 0);
  expect(await retrainRuns()).toHaveLength(1);
});

it('a request that names the defaults joins the run that asked for nothing', async () => {
  const before = held.calls.length;
  const first = await train(0, {}, '?wait=false');
  expect(first).toMatchObject([202, { workflow_id: retrainId }]);
  const second = train(1, { n_states: 2, promote: true });
  await until('both series train', () => held.calls.length === before + 2);
  held.releaseAll();
  const [status, answer] = await second;
  expect(status).toBe(200);
  expect(answer.metadata.claimed_files).toBe(2);
  expect(rig.ledger.versionCount()).toBe(2);
});
