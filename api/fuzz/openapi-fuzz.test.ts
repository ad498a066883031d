import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { open } from '../../controller/controller.fixture.ts';
import { newestCandles } from '../../ledger/candle-store.ts';
import { readVersion } from '../../registry/store.ts';
import { loadStrategySchemas } from '../../strategy_schemas/load.ts';
import { filledState } from '../../tests/processes/filled-state.ts';
import { appWith, quiet, recordingTraining, type settings } from '../app.fixture.ts';
import { problemOfAnswer } from '../conforming.fixture.ts';
import { createMetrics } from '../metrics.ts';
import { openModels } from '../models.ts';
import { type Document, type Route, routesOf } from '../openapi-document.ts';
import { createTrainingSwitch } from '../training-switch.ts';
import { hostileText, mutated, valid } from './arbitraries.fixture.ts';

/** Cases of each route, of each kind: inputs that its schema allows, and such that it does not. */
const numRuns = process.env['AUTOTRAIN_TESTS'] === 'full' ? 1_500 : 120;
/** Long beyond what an answer takes on a busy machine. */
const hangMs = 20_000;
const seed = 20_260_101;

const unlimited = { perSecond: 1e9, burst: 1e9 };
const rates = { engine: unlimited, read: unlimited, work: unlimited };

/** The gateway over a real ledger, registry and controller; Temporal is there or not. */
const openApp = () => {
  const state = filledState(4, 3);
  state.promote(4, 'first');
  const { dataDir, modelsDir } = state;
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'autotrain-fuzz-'));
  const controller = open({ path: join(folder, 'pc.sqlite') });
  const schema = loadStrategySchemas().get('trend_following')!;
  const params = schema.presets[schema.safe_default] as Record<string, unknown>;
  for (const presetId of ['calm', 'bold'])
    controller.register({ strategy: 'trend_following', instrument: 'BTCUSDT', presetId, params });
  const read = (id: string) => readVersion(modelsDir, id, state.ledger.version(id)?.modelHash);
  const models = openModels({
    modelsDir,
    pollMs: 10_000,
    readVersion: read,
    metrics: createMetrics(),
    log: quiet,
  });
  const real = {
    ...{ ledger: state.ledger, controller, models, readVersion: read, rates },
    trainingSwitch: createTrainingSwitch({
      ledger: { path: join(modelsDir, '..', 'ledger.sqlite'), domain: 'production' },
      modelsDir,
    }),
    newestCandles: (series: (typeof settings.series)[number], count: number, beforeMs?: number) =>
      newestCandles({
        ...{ ledger: state.ledger, dataDir, series, count },
        ...(beforeMs === undefined ? {} : { beforeMs }),
      }),
  };
  const { training } = recordingTraining();
  const away = { ...training, healthy: async () => false };
  const close = () => {
    models.stop();
    controller.close();
    state.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  return { apps: [appWith(real).app, appWith({ ...real, training: away }).app] as const, close };
};

let opened: ReturnType<typeof openApp>;
beforeAll(() => {
  opened = openApp();
});
afterAll(() => opened.close());

interface Asked {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly key: string | undefined;
  readonly temporal: 0 | 1;
}

const partOf = (route: Route, where: 'path' | 'query', kind: typeof valid) => {
  const parameters = route.parameters.filter((one) => one.in === where);
  const requiredKeys = parameters.filter((one) => one.required).map(({ name }) => name);
  return fc.record(Object.fromEntries(parameters.map(({ name, schema }) => [name, kind(schema)])), {
    requiredKeys,
  });
};

const asText = (values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );

/** Half of the names are ones that exist, so that routes get beyond 404. */
const known: Readonly<Record<string, string>> = {
  strategy: 'trend_following',
  instrument: 'BTCUSDT',
  preset_id: 'calm',
  decision_id: '1',
  version: '20240101T000000Z__hmm4__00000004',
};

const arbitraryOf = (route: Route, kind: typeof valid): fc.Arbitrary<Asked> =>
  fc
    .record({
      path: partOf(route, 'path', kind).map(asText),
      query: partOf(route, 'query', kind).map(asText),
      body: route.body === undefined ? fc.constant(undefined) : kind(route.body),
      key: fc.option(kind === valid ? fc.uuid() : hostileText, { nil: undefined }),
      temporal: fc.constantFrom(0 as const, 1 as const),
      exists: fc.boolean(),
    })
    .map(({ exists, path, ...rest }) => ({
      ...rest,
      path: exists ? { ...path, ...pick(known, Object.keys(path)) } : path,
    }));

const pick = (from: Readonly<Record<string, string>>, names: readonly string[]) =>
  Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));

const urlOf = (route: Route, { path, query }: Asked): string => {
  const filled = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => segmentOf(path[name] ?? ''));
  const asked = Object.entries(query).map(
    ([name, value]) => `${wellFormed(name)}=${wellFormed(String(value))}`,
  );
  return `http://localhost${filled}${asked.length > 0 ? `?${asked.join('&')}` : ''}`;
};

/** Alone, dots are another path by the time a request is made of them, however they are written. */
const segmentOf = (text: string) => wellFormed(/^\.\.?$/.test(text) ? `~${text}` : text);

/** A lone surrogate has no percent-encoding. */
const wellFormed = (text: string) => encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'));

/** A header takes no control characters: fetch itself would refuse to send them. */
const headerSafe = (text: string) =>
  Buffer.from(text)
    .toString('latin1')
    .replaceAll(/[^\x21-\x7e\xa1-\xff]/g, '~');

const requestOf = (route: Route, asked: Asked): Request =>
  new Request(urlOf(route, asked), {
    method: route.method,
    headers: asked.key === undefined ? {} : { 'idempotency-key': headerSafe(asked.key) },
    ...(route.method === 'GET' || asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
  });

const answered = async (route: Route, asked: Asked) => {
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer after ${hangMs} ms`)), hangMs);
  });
  try {
    return await Promise.race([opened.apps[asked.temporal].request(requestOf(route, asked)), hang]);
  } finally {
    clearTimeout(timer);
  }
};

/** Temporal or a model that is not there; everything else that goes wrong is the caller's or a fault of ours. */
const allowedAbove500 = new Set([503]);

const revealing =
  /\n\s+at |node_modules|\/tmp\/|\/dev\/shm|file:\/\/\/(?!etc\/passwd)|\.ts:\d|\.js:\d|SQLITE|\[object Object\]/;

/** A stream of events has no end: its first words are looked at. */
const textOf = async (answer: Response): Promise<string> => {
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) return answer.text();
  const reader = answer.body!.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
};

/** Made once for each route and status: a schema takes longer to read than to check by. */
const checks = new Map<string, ReturnType<typeof problemOfAnswer>>();
const problems = (route: Route, status: number) => {
  const key = `${route.method} ${route.path} ${status}`;
  const problem = checks.get(key) ?? problemOfAnswer(route, status);
  checks.set(key, problem);
  return problem;
};

const problemOf = async (route: Route, asked: Asked): Promise<string | undefined> => {
  const answer = await answered(route, asked);
  const text = await textOf(answer);
  const said = `${answer.status} ${text.slice(0, 300)}`;
  if (answer.status >= 500 && !allowedAbove500.has(answer.status)) return `a fault of ours: ${said}`;
  if (revealing.test(text) && route.path !== '/openapi.json') return `it tells too much: ${said}`;
  // An empty part of a path asks for another route.
  const isListed = String(answer.status) in route.operation.responses || text.includes('"NoRoute"');
  if (!isListed) return `a status that is not listed: ${said}`;
  const { type } = route.answer(answer.status);
  if (!(answer.headers.get('content-type') ?? '').startsWith(type)) return `it is no ${type}: ${said}`;
  const wrong = problems(route, answer.status)(type === 'application/json' ? JSON.parse(text) : text);
  return wrong === undefined ? undefined : `it differs from the document: ${wrong}; ${said}`;
};

const document = (await (await appWith().app.request('/openapi.json')).json()) as Document;
const routes = routesOf(document).map((route) => [`${route.method} ${route.path}`, route] as const);

it('the document describes every route that there is', () => {
  expect(routes.length).toBeGreaterThanOrEqual(38);
});

describe.each([
  ['allowed', valid],
  ['hostile', mutated],
] as const)('%s inputs are answered as documented, without faults, traces and hangs:', (_, kind) => {
  it.each(routes)('%s', async (_, route) => {
    const property = fc.asyncProperty(arbitraryOf(route, kind), async (asked) => {
      const problem = await problemOf(route, asked);
      if (problem !== undefined) throw new Error(problem);
    });
    await fc.assert(property, { numRuns, seed, endOnFailure: true });
  });
});

it('HEAD and OPTIONS of every path write nothing and fail nothing', async () => {
  for (const [, { path }] of routes)
    for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE']) {
      if (method === 'TRACE') continue;
      const answer = await opened.apps[0].request(path.replaceAll(/[{}]/g, ''), { method });
      expect([method, path, answer.status < 500]).toEqual([method, path, true]);
    }
});
