import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { candlesOf, hourMs, versionIdOfStates } from '../api/app.fixture.ts';
import type { PredictAnswer } from '../api/predict.ts';
import { candleFeatures } from '../features/candle-features.ts';
import { filterRows } from '../hmm/filter.ts';
import { scaleRows } from '../hmm/scaler.ts';
import { readVersion } from '../registry/store.ts';
import { filledState } from './processes/filled-state.ts';
import { type GatewayProcess, startGatewayProcess } from './processes/gateway-process.ts';

const swaps = 100;
/** A little longer than the gateway's poll, so that most swaps are seen. */
const swapEveryMs = 150;
const versions = [3, 5];

let state: ReturnType<typeof filledState>;
let gateways: GatewayProcess[];

beforeAll(async () => {
  state = filledState(...versions);
  state.promote(3, 'first');
  const env = { ...state.env, TEMPORAL_ADDRESS: '127.0.0.1:9' };
  gateways = await Promise.all([startGatewayProcess(env), startGatewayProcess(env)]);
}, 30_000);
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  state.remove();
});

/** Every version's answer, computed without the gateway from the files of that version. */
const directAnswers = () =>
  new Map(
    versions.map((K) => {
      const model = Object.values(readVersion(state.modelsDir, versionIdOfStates(K)).model.series)[0]!;
      const { rows, sequenceStarts } = candleFeatures(candlesOf(state.candles), { timeframeMs: hourMs });
      const { filtered } = filterRows(model.hmm, scaleRows(model.scaler, rows), sequenceStarts);
      const now = filtered.slice(-K);
      return [versionIdOfStates(K), Object.fromEntries(model.regimes.map((label, k) => [label, now[k]]))];
    }),
  );

/** Asks until told to stop; every answer is kept. */
const fire = async (url: string, isOver: () => boolean): Promise<PredictAnswer[]> => {
  const answers: PredictAnswer[] = [];
  while (!isOver()) {
    const response = await fetch(`${url}/predict`, { method: 'POST', body: '{"symbol":"BTCUSDT"}' });
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    answers.push((await response.json()) as PredictAnswer);
    await delay(5);
  }
  return answers;
};

const changes = (answers: readonly PredictAnswer[]) =>
  answers.filter(
    ({ model_meta }, i) => i > 0 && model_meta.version_id !== answers[i - 1]!.model_meta.version_id,
  ).length;

it('two gateway processes answer through 100 swaps between models of different K: none fails, none mixes', async () => {
  let isOver = false;
  const shooters = gateways.flatMap(({ url }) => [fire(url, () => isOver), fire(url, () => isOver)]);
  for (let swap = 1; swap <= swaps; swap++) {
    state.promote(versions[swap % 2]!, `swap-${swap}`);
    await delay(swapEveryMs);
  }
  isOver = true;
  const answered = await Promise.all(shooters);
  const direct = directAnswers();
  for (const answers of answered) {
    expect(changes(answers)).toBeGreaterThanOrEqual(50);
    for (const { model_meta, probs } of answers) expect(probs).toEqual(direct.get(model_meta.version_id));
  }
}, 60_000);
