import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  appWith,
  candlesOf,
  hourMs,
  quiet,
  temporaryRegistry,
  versionIdOfStates,
} from '../api/app.fixture.ts';
import { createMetrics } from '../api/metrics.ts';
import { openModels } from '../api/models.ts';
import type { PredictAnswer } from '../api/predict.ts';
import { candleFeatures } from '../features/candle-features.ts';
import { filterRows } from '../hmm/filter.ts';
import { scaleRows } from '../hmm/scaler.ts';
import { readVersion } from '../registry/store.ts';

const swaps = 100;
const versions = [3, 5];
const registry = temporaryRegistry(...versions);

/** A gateway of its own over the shared registry, on a port. */
const openGateway = async () => {
  const { modelsDir } = registry;
  const read = (versionId: string) => readVersion(modelsDir, versionId);
  const metrics = createMetrics();
  const models = openModels({ modelsDir, pollMs: 10, readVersion: read, metrics, log: quiet });
  const { app } = appWith({ models, readVersion: read, metrics });
  const server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    models.stop();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, stop };
};

let gateways: Awaited<ReturnType<typeof openGateway>>[];

beforeAll(async () => {
  registry.point(3);
  gateways = [await openGateway(), await openGateway()];
});
afterAll(() => {
  for (const gateway of gateways) gateway.stop();
  registry.remove();
});

/** Every version's answer, computed without the gateway from the files of that version. */
const directAnswers = () =>
  new Map(
    versions.map((K) => {
      const versionId = versionIdOfStates(K);
      const model = Object.values(readVersion(registry.modelsDir, versionId).model.series)[0]!;
      const { rows, sequenceStarts } = candleFeatures(candlesOf(1000), { timeframeMs: hourMs });
      const { filtered } = filterRows(model.hmm, scaleRows(model.scaler, rows), sequenceStarts);
      const now = Array.from(filtered.slice(-K));
      return [versionId, Object.fromEntries(model.regimes.map((label, k) => [label, now[k]]))];
    }),
  );

/** Asks until told to stop; every answer is kept. */
const fire = async (url: string, isOver: () => boolean): Promise<PredictAnswer[]> => {
  const answers: PredictAnswer[] = [];
  while (!isOver()) {
    const response = await fetch(`${url}/predict`, { method: 'POST', body: '{"symbol":"BTCUSDT"}' });
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    answers.push((await response.json()) as PredictAnswer);
  }
  return answers;
};

const changes = (answers: readonly PredictAnswer[]) =>
  answers.filter(
    ({ model_meta }, i) => i > 0 && model_meta.version_id !== answers[i - 1]!.model_meta.version_id,
  ).length;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('two gateways answer through 100 swaps between models of different K: none fails, none mixes two models', async () => {
  let isOver = false;
  const shooters = gateways.flatMap(({ url }) => [fire(url, () => isOver), fire(url, () => isOver)]);
  for (let swap = 1; swap <= swaps; swap++) {
    registry.point(versions[swap % 2]!);
    await pause(40);
  }
  isOver = true;
  const answered = await Promise.all(shooters);
  const direct = directAnswers();
  for (const answers of answered) {
    expect(changes(answers)).toBeGreaterThanOrEqual(50);
    for (const { model_meta, probs } of answers) expect(probs).toEqual(direct.get(model_meta.version_id));
  }
}, 60_000);
