import { afterAll, beforeAll, expect, it } from 'vitest';
import { problemOfAnswer } from '../api/conforming.fixture.ts';
import { type Document, type Route, routesOf } from '../api/openapi-document.ts';
import { type Client, createClient } from '../client/client.ts';
import { createClock } from '../exchange/simulator/clock.ts';
import { type Simulator, startSimulator } from '../exchange/simulator/server.ts';
import { seriesKey, timeframesMs } from '../series.ts';
import { Sqlite } from '../sqlite.ts';
import { scheduleSettingsOf } from '../temporal/schedule-settings.ts';
import { applySchedules } from '../temporal/schedules.ts';
import { retrainId } from '../workflows/ids.ts';
import { type GatewayProcess, startGatewayProcess } from './processes/gateway-process.ts';
import { anchorMs, market } from './support/candles.ts';
import { openRig, type Rig } from './support/rig.ts';
import { until } from './support/until.ts';
import { testTemporal } from './temporal-server.ts';

const temporal = testTemporal(import.meta.url);
let simulator: Simulator;
let rig: Rig;
let gateway: GatewayProcess;
let routes: readonly Route[];
let client: Client;

beforeAll(async () => {
  simulator = await startSimulator({ source: market, clock: createClock({ startMs: anchorMs }) });
  rig = await openRig(temporal, {
    settings: {
      ...{ EXCHANGE_URL: simulator.url, SYMBOLS: 'BTC/USDT' },
      ...{ EXACTLY_ONCE: 'true', AUTO_PROMOTE: 'false' },
    },
  });
  await Promise.all([rig.startIngest(), rig.startTrain()]);
  rig.land(500);
  gateway = await startGatewayProcess(rig.env);
  const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as Document;
  routes = routesOf(document);
  client = createClient({ url: gateway.url, fetch: checking });
});
afterAll(async () => {
  await gateway?.stop();
  for await (const { scheduleId } of rig.client.schedule.list())
    await rig.client.schedule.getHandle(scheduleId).delete();
  await rig?.close();
  await simulator?.close();
});

/** `METHOD /path` of every answer that was held against the document. */
const checked = new Set<string>();

const routeOf = (method: string, url: string): Route => {
  const { pathname } = new URL(url);
  const fits = ({ path }: Route) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname);
  const route = routes.find((one) => one.method === method && fits(one));
  if (!route) throw new Error(`the document has no ${method} ${pathname}`);
  return route;
};

/** Holds each answer against the document, fields that it does not name included. */
const checking: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  const answer = await fetch(request);
  const route = routeOf(request.method, request.url);
  const operation = `${route.method} ${route.path}`;
  const value: unknown = await answer.clone().json();
  const problem = problemOfAnswer(route, answer.status)(value);
  if (problem !== undefined) throw new Error(`${operation}: ${problem}; ${JSON.stringify(value)}`);
  if (answer.ok) checked.add(operation);
  return answer;
};

/** An empty list conforms to anything. */
const some = <T>(rows: readonly T[]): readonly [T, ...T[]] => {
  expect(rows.length).toBeGreaterThan(0);
  return rows as readonly [T, ...T[]];
};

const reason = 'a test of answers';
const scope = { strategy: 'trend_following', instrument: 'SOLUSDT' };

it('what trains and promotes', async () => {
  await client.get('/health');
  const first = trained(await client.post('/train', { body: { tag: 'first' }, timeoutMs }));
  await client.post('/model/approve', { body: { version_id: first }, timeoutMs });
  await client.post('/ingest_once', { query: { wait: 'false' } });
  expect(
    (await client.post('/ingest_once', { query: { until: 'chunk' }, timeoutMs })).series[0]?.watermark,
  ).toBeGreaterThan(0);
  const second = trained(await client.post('/train', { body: { promote: false }, timeoutMs }));
  await client.post('/train', { query: { wait: 'false' }, body: { promote: false } });
  await client.post('/model/promote', { body: { version_id: second }, timeoutMs });
  await client.post('/model/rollback', { body: {}, timeoutMs });
  await client.get('/ready');
  expect((await client.get('/model')).champion).toMatchObject({ kind: 'rollback', versionId: first });
  const { data } = await client.get('/models', { query: { limit: 5 } });
  expect(data.map(({ version_id }) => version_id)).toEqual(expect.arrayContaining([first, second]));
  some((await client.get('/promotions')).data);
  for (const version of [first, second]) await seeReport(version);
  await client.post('/predict', { body: { symbol: 'BTC/USDT' } });
  await client.post('/predict', { body: { logret: [0.001, -0.002, 0.0005] } });
  some((await client.get('/chart')).candles);
}, 60_000);

const timeoutMs = 60_000;

const trained = (answer: object): string => {
  const { version_id } = answer as { version_id: string };
  expect(version_id).not.toBe('n/a');
  return version_id;
};

/** The metadata of other releases may hold more; those of this one hold what the document names. */
const seeReport = async (version: string): Promise<void> => {
  const { gate, metadata } = await client.get('/models/{version}', { params: { version } });
  some(Object.keys(gate));
  some(Object.keys(metadata.evaluation ?? {}));
  const { properties } = routes.find(({ path }) => path === '/models/{version}')!.answer(200).schema as {
    properties: { metadata: { properties: object } };
  };
  expect(Object.keys(properties.metadata.properties)).toEqual(expect.arrayContaining(Object.keys(metadata)));
  const { series } = await client.get('/models/{version}/transitions', { params: { version } });
  some(Object.keys(series));
};

it('what is stored, and what is wrong with it', async () => {
  const { ledger, config } = rig;
  const [series] = some(config.series);
  const stepMs = timeframesMs[series.timeframe];
  const gapMs = ledger.watermark(series)!;
  ledger.advanceWatermark(series, gapMs, gapMs + 3 * stepMs);
  rig.land(10);
  const [{ fileId }] = some(ledger.files({ status: 'downloaded', limit: 1 }));
  ledger.quarantine({ fileId, reason });
  const db = new Sqlite(config.paths.ledgerFile);
  const correct = db.prepare('insert into corrections values (?, ?, ?, ?, ?)');
  correct.run('f1', seriesKey(series), gapMs - 9 * stepMs, 'rewritten', '1,2,1,1.5,10');
  correct.run('f2', seriesKey(series), gapMs - 8 * stepMs, 'appeared', null);
  db.close();
  const answer = await client.get('/ledger');
  some(answer.quarantined);
  some(some(answer.series)[0].gaps);
  some(answer.disks);
  some((await client.get('/ledger/gaps')).data);
  expect((await client.get('/ledger/corrections')).data).toHaveLength(2);
  some((await client.get('/ledger/history')).data);
  some((await client.get('/watermarks')).data);
  const kinds = (await client.get('/alerts')).data.map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(['promotion', 'rollback', 'quarantine']));
});

it('what engines ask for, and what is known of it', async () => {
  const params = { risk_bps: 10 };
  const own = { strategy: 'of_our_own', instrument: 'SOLUSDT' };
  await client.post('/preset/register/{strategy}/{instrument}', {
    params: own,
    body: { preset_id: 'calm', params },
  });
  some((await client.get('/presets/{strategy}/{instrument}', { params: own })).data);
  expect(
    some((await client.get('/presets/{strategy}/{instrument}', { params: scope })).data)[0].created_at,
  ).toBeNull();
  const decide = (position?: string) =>
    client.get('/param/{strategy}/{instrument}', {
      params: scope,
      query: { 'features[vol]': Math.random() / 100, ...(position && { position_id: position }) },
    });
  for (const outcome of ['o1', 'o2', 'o3']) {
    const { preset_id, decision_id } = await decide();
    await client.post('/learn/outcome/{strategy}/{instrument}/{preset_id}', {
      params: { ...scope, preset_id },
      body: { reward: 12.5, decision_id, outcome_id: outcome },
    });
  }
  await client.post('/outcomes/{outcome_id}/reverse', { params: { outcome_id: 'o3' }, body: { reason } });
  const { decision_id } = await client.post('/param/{strategy}/{instrument}', {
    params: scope,
    body: { features: { vol: 0.5 } },
  });
  await client.post('/decisions/{decision_id}/void', { params: { decision_id }, body: { reason } });
  await decide('p-1');
  await client.post('/positions/{position_id}/close', { params: { position_id: 'p-1' } });
  const rows = some((await client.get('/decisions')).data);
  await client.get('/decisions/{decision_id}', { params: { decision_id: rows.at(-1)!.decision_id } });
  some((await client.get('/outcomes')).data);
  some((await client.get('/strategies')).data);
  expect(
    (await client.get('/overview/{strategy}/{instrument}', { params: scope })).data?.presets.length,
  ).toBeGreaterThan(0);
  const { presets } = await client.get('/evaluation', { query: scope });
  some(Object.keys(presets));
  const [first, second] = some(
    (await client.get('/presets/{strategy}/{instrument}', { params: scope })).data.map(
      ({ preset_id }) => preset_id,
    ),
  );
  await client.post('/preset/pin', { body: { ...scope, preset_id: first, reason } });
  await client.post('/preset/pin', { body: { ...scope, preset_id: null, reason } });
  await client.post('/preset/retire', { body: { ...scope, preset_id: second!, reason } });
});

it('what is stopped, and who did it', async () => {
  await client.post('/evaluation/window/{strategy}/{instrument}', { params: scope, body: { reason } });
  await client.post('/equity', { body: { equity: 10_000, currency: 'USDT' } });
  await client.post('/equity', { body: { equity: 8_400, currency: 'USDT' } });
  await client.post('/kill', { body: { strategy: scope.strategy, reason } });
  await client.post('/kill', { body: { scope: 'training', reason } });
  const { trading_states, locks, equities, evaluation_windows, training } = await client.get('/guardrails');
  for (const rows of [trading_states, equities, evaluation_windows]) some<object>(rows);
  expect(training.state).toBe('KILLED');
  expect((await client.get('/health')).problems.map(({ kind }) => kind)).toContain('kill');
  await client.post('/resume', { body: { scope: 'training', reason } });
  await client.post('/resume', { body: { strategy: scope.strategy, reason } });
  await client.post('/unlock', { body: { lock_id: some(locks)[0].id, reason } });
  some((await client.get('/audit')).data);
});

it('what runs', async () => {
  some((await client.get('/workflows')).data);
  await applySchedules(rig.client, rig.ledger, scheduleSettingsOf(rig.config));
  const id = `schedule-${retrainId}`;
  const act = (action: 'pause' | 'unpause' | 'trigger') =>
    client.post('/schedules/{id}/{action}', { params: { id, action }, body: { reason } });
  expect(await act('pause')).toMatchObject({ id, paused: true });
  await act('unpause');
  await act('trigger');
  await until('a schedule is listed', async () => (await client.get('/schedules')).data.length > 0);
});

it('no route was left out', () => {
  const json = routes.filter((route) => route.answer(200).type === 'application/json');
  const operations = json.map(({ method, path }) => `${method} ${path}`);
  expect(operations.filter((one) => !checked.has(one))).toEqual(['GET /openapi.json']);
});
