import { describe, expect, it } from 'vitest';
import type { GatewayConfig } from '../config.ts';
import {
  appWith,
  btc,
  fixedModels,
  modelOf,
  postJson,
  quiet,
  settingsWith,
  snapshotOf,
} from './app.fixture.ts';
import type { Training } from './training.ts';

const auth: Partial<GatewayConfig> = {
  requireAuth: true,
  apiKeys: [
    { role: 'reader', key: 'r' },
    { role: 'engine', key: 'e' },
    { role: 'trainer', key: 't' },
    { role: 'admin', key: 'a' },
  ],
};

const failingTraining = (type: string): Training => {
  const fail = async () => {
    throw Object.assign(new Error(`because of ${type}`), { type });
  };
  return {
    ingestOnce: fail,
    train: fail,
    decide: fail,
    awaitingApproval: fail,
    holdRetrain: fail,
    workflows: fail,
    schedules: fail,
    actOnSchedule: fail,
    healthy: async () => true,
  };
};

describe('roles', () => {
  const { app } = appWith({ settings: settingsWith(auth) });
  const predict = { method: 'POST', body: '{"logret":[0.001]}' };
  const decide = { method: 'POST', body: '{"version_id":"v1"}' };
  it.each([
    ['GET /health', '/health', {}, undefined, 200],
    ['GET /model', '/model', {}, undefined, 401],
    ['GET /model', '/model', {}, 'wrong', 401],
    ['GET /model', '/model', {}, 'r', 200],
    ['POST /predict', '/predict', predict, 'r', 403],
    ['POST /predict', '/predict', predict, 'e', 200],
    ['GET /param', '/param/hmm/BTCUSDT', {}, 'r', 403],
    ['GET /param', '/param/hmm/BTCUSDT', {}, 'e', 200],
    ['POST /train', '/train', { method: 'POST' }, 'e', 403],
    ['POST /train', '/train', { method: 'POST' }, 't', 200],
    ['POST /model/promote', '/model/promote', decide, 't', 403],
    ['POST /model/promote', '/model/promote', decide, 'a', 200],
  ])('%s asked with key %4$s answers %5$s', async (_, path, init, key, status) => {
    const headers: Record<string, string> = key ? { 'x-api-key': key } : {};
    const answer = await app.request(path, { ...init, headers });
    expect(answer.status).toBe(status);
  });

  it('refused requests reach nothing', async () => {
    const guarded = appWith({ settings: settingsWith(auth) });
    await guarded.app.request('/train', { method: 'POST', headers: { 'x-api-key': 'e' } });
    await guarded.app.request('/param/hmm/BTCUSDT');
    expect([...guarded.training, ...guarded.controller]).toEqual([]);
  });
});

describe('failures become statuses', () => {
  it.each([
    ['RetrainRunning', 409],
    ['NothingAwaitsApproval', 409],
    ['NoPredecessor', 409],
    ['UnknownVersion', 404],
    ['TemporalUnavailable', 503],
    ['TrainingFailed', 500],
  ])('%s is %i with its reason', async (type, status) => {
    const { app } = appWith({ training: failingTraining(type) });
    const answer = await app.request('/train', { method: 'POST' });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ detail: `because of ${type}`, code: type });
  });
});

it('without Temporal what needs it is refused at once, and serving goes on', async () => {
  const { deps, training } = appWith();
  const never = () => new Promise<boolean>(() => {});
  for (const healthy of [async () => false, never]) {
    const { app } = appWith({ training: { ...deps.training, healthy } });
    const refused = await app.request('/train', { method: 'POST' });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'TemporalUnavailable' });
    expect(await (await app.request('/ready')).json()).toEqual({ status: 'ready', temporal: false });
    expect((await app.request('/predict', postJson({ symbol: 'BTCUSDT' }))).status).toBe(200);
  }
  expect(training).toEqual([]);
}, 10_000);

describe('routes', () => {
  it('that do not exist are 404, other methods 405 with Allow, and other origins 403', async () => {
    const { app } = appWith();
    expect((await app.request('/nowhere')).status).toBe(404);
    const wrong = await app.request('/train');
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toContain('POST');
    const foreign = await app.request('/train', {
      method: 'POST',
      headers: { origin: 'http://evil.test', host: 'localhost' },
    });
    expect(foreign.status).toBe(403);
    const own = await app.request('/train', {
      method: 'POST',
      headers: { origin: 'http://localhost:8000', host: 'localhost:8000' },
    });
    expect(own.status).toBe(200);
  });

  it('are limited in rate, and say when to come back', async () => {
    const one = { perSecond: 0.1, burst: 1 };
    const { app } = appWith({ rates: { engine: one, read: one, work: one } });
    expect((await app.request('/model')).status).toBe(200);
    const limited = await app.request('/models');
    expect(limited.status).toBe(429);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThanOrEqual(10);
  });

  it('are all in the OpenAPI 3.1 document, each with its answer', async () => {
    const { app } = appWith();
    const document = (await (await app.request('/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
    };
    expect(document.openapi).toBe('3.1.0');
    const served = app.routes
      // Files of the two pages are no interface.
      .filter(({ path }) => path !== '/*' && !/^\/(assets|docs)\//.test(path))
      .map(({ path }) => path.replaceAll(/:(\w+)/g, '{$1}'));
    expect(Object.keys(document.paths).sort()).toEqual([...new Set(served)].sort());
    expect(document.paths['/predict']?.['post']?.responses).toHaveProperty('200');
  });
});

describe('GET /ready', () => {
  it('is 503 until a model is loaded', async () => {
    expect((await appWith({ models: fixedModels(undefined) }).app.request('/ready')).status).toBe(503);
    expect((await appWith().app.request('/ready')).status).toBe(200);
  });
});

describe('GET /models', () => {
  it('gives pages newest first that end with a null cursor', async () => {
    const { app } = appWith();
    const first = (await (await app.request('/models?limit=1')).json()) as Page;
    expect(first.data.map((row) => row.version_id)).toEqual(['v2']);
    const second = (await (
      await app.request(`/models?limit=1&cursor=${first.page.nextCursor}`)
    ).json()) as Page;
    expect(second.data.map((row) => row.version_id)).toEqual(['v1']);
    expect(second.page.nextCursor).toBeNull();
    expect(second.data[0]).toMatchObject({ metrics: { val_log_likelihood: 1.5 }, active: true });
  });

  it('gives the report of one version, and 404 for an unknown one', async () => {
    const { app } = appWith();
    expect(await (await app.request('/models/v1')).json()).toMatchObject({
      version_id: 'v1',
      metadata: { n_obs: 5 },
    });
    expect((await app.request('/models/v9')).status).toBe(404);
  });
});

interface Page {
  readonly data: { readonly version_id: string }[];
  readonly page: { readonly nextCursor: string | null };
}

describe('POST /train', () => {
  it('passes on what was given, ignores what it does not know, and reads null as not given', async () => {
    const { app, training } = appWith();
    await app.request(
      '/train',
      postJson({ n_states: 3, tag: 'nightly', promote: false, symbol: 'BTC/USDT' }),
    );
    await app.request('/train?wait=false', postJson({ n_states: null }));
    expect(training.map(({ request }) => request)).toEqual([
      { nStates: 3, tag: 'nightly', promote: false, wait: true },
      { wait: false },
    ]);
  });

  it('answers 202 to wait=false', async () => {
    const { app } = appWith();
    expect((await app.request('/train?wait=false', { method: 'POST' })).status).toBe(202);
    expect((await app.request('/ingest_once?wait=false&until=now', { method: 'POST' })).status).toBe(202);
  });
});

describe('POST /model/…', () => {
  it('passes the decision on with who asked, under the id that the client gave', async () => {
    const { app, training } = appWith();
    await app.request('/model/rollback', { method: 'POST', headers: { 'idempotency-key': 'k1' } });
    await app.request('/model/promote', postJson({ version_id: 'v1' }));
    expect(training[0]?.request).toEqual({ kind: 'rollback', actor: 'anonymous', requestId: 'k1' });
    expect(training[1]?.request).toMatchObject({ kind: 'promote', versionId: 'v1' });
  });

  it('is 404 for a version that the ledger does not know, and asks nobody', async () => {
    const { app, training } = appWith();
    expect((await app.request('/model/promote', postJson({ version_id: 'v9' }))).status).toBe(404);
    expect((await app.request('/model/rollback', postJson({ to: 'v9' }))).status).toBe(404);
    expect(training).toEqual([]);
  });
});

describe('GET /param', () => {
  it('reads features[k]=v with plain and with encoded brackets, and passes the regime on', async () => {
    const { app, controller } = appWith();
    const answer = await app.request(
      '/param/HMM/btcusdt?features%5Bret%5D=0.5&features[vol]=-1e-3&position_id=p1',
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(controller[0]?.request).toMatchObject({
      strategy: 'hmm',
      instrument: 'BTCUSDT',
      features: { ret: 0.5, vol: -0.001 },
      positionId: 'p1',
    });
    const { context } = controller[0]!.request as { context: Record<string, number> };
    expect(context['hmm_bull']! + context['hmm_bear']! + context['hmm_chop']!).toBeCloseTo(1, 12);
  });

  it('takes the same as a JSON body, and an instrument with a slash', async () => {
    const { app, controller } = appWith();
    await app.request('/param/hmm/btc%2Fusdt', postJson({ features: { ret: 0.5 }, position_id: 'p1' }));
    expect(controller[0]?.request).toMatchObject({
      instrument: 'BTCUSDT',
      features: { ret: 0.5 },
      positionId: 'p1',
    });
  });

  it('has no regime where no model of the instrument serves', async () => {
    const { app, controller } = appWith();
    await app.request('/param/hmm/GLOBAL');
    expect(controller[0]?.request).not.toHaveProperty('context');
  });

  it('still decides, without the regime, when the candles cannot be read', async () => {
    const { app, controller } = appWith({
      newestCandles: () => {
        throw new Error('file gone');
      },
    });
    expect((await app.request('/param/hmm/BTCUSDT')).status).toBe(200);
    expect(controller[0]?.request).not.toHaveProperty('context');
  });

  it('is 405 for HEAD, which decides nothing', async () => {
    const { app, controller } = appWith();
    const answer = await app.request('/param/hmm/BTCUSDT', { method: 'HEAD' });
    expect(answer.status).toBe(405);
    expect(controller).toEqual([]);
  });
});

describe('POST /learn/outcome', () => {
  it('finds the decision in decision_id or in config_id', async () => {
    const { app, controller } = appWith();
    const path = '/learn/outcome/hmm/BTCUSDT/calm';
    await app.request(path, postJson({ reward: 1, config_id: 'hmm:BTCUSDT:42:calm', outcome_id: 'o1' }));
    await app.request(path, postJson({ reward: -2, decision_id: '43' }));
    const [first, second] = controller.map(({ request }) => request);
    expect(first).toMatchObject({ decisionId: '42', outcomeId: 'o1', presetId: 'calm', reward: 1 });
    expect(second).toMatchObject({ decisionId: '43' });
  });
});

describe('GET /metrics', () => {
  it('shows the requests by route, the ledger and the model, each with HELP', async () => {
    const { app } = appWith();
    await app.request('/models/v1');
    const answer = await app.request('/metrics');
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    expect(text).toContain(
      'autotrain_http_requests_total{route="/models/:version",method="GET",status="200"} 1',
    );
    expect(text).toContain('autotrain_ledger_files{status="processed"} 2');
    expect(text).toContain(`autotrain_missing_candles{series="${btc}"} 2`);
    for (const [, name] of text.matchAll(/^# TYPE (\S+)/gm)) expect(text).toContain(`# HELP ${name} `);
  });
});

describe('an app', () => {
  it('reports a refused model in /health and serves on', async () => {
    const models = {
      ...fixedModels(snapshotOf('v1', modelOf(4))),
      problem: () => ({ target: 'v2', detail: 'checksum differs' }),
    };
    const { app } = appWith({ models, log: quiet });
    expect(await (await app.request('/health')).json()).toMatchObject({
      status: 'ok',
      model: { version_id: 'v1', problem: { target: 'v2', detail: 'checksum differs' } },
    });
  });
});
