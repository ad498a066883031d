import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appWith, btc, postJson } from '../api/app.fixture.ts';
import { maxBodyBytes } from '../api/body.ts';
import { newestCandles } from '../ledger/candle-store.ts';
import { filledState } from './processes/filled-state.ts';

/** The answer, and what reached the controller or Temporal because of it. */
const ask = async (path: string, init: RequestInit = {}) => {
  const { app, training, controller } = appWith();
  const response = await app.request(path, init);
  const answer = (await response.json()) as { detail: string; code: string };
  return { status: response.status, ...answer, reached: [...training, ...controller] };
};

const post = (body: unknown) => postJson(body);

const bodies: readonly (readonly [string, string])[] = [
  ['/predict', 'POST'],
  ['/train', 'POST'],
  ['/model/promote', 'POST'],
  ['/preset/register/hmm/BTCUSDT', 'POST'],
  ['/param/hmm/BTCUSDT', 'POST'],
  ['/learn/outcome/hmm/BTCUSDT/calm', 'POST'],
];

describe.each(bodies)('%s', (path) => {
  it.each(['{', '{"a":}', '{"reward":NaN}', '{"reward":Infinity}', "{'a':1}", '{"a":1}{"b":2}'])(
    'answers 400 to the malformed body %s and does nothing',
    async (body) => {
      expect(await ask(path, post(body))).toMatchObject({ status: 400, code: 'MalformedJson', reached: [] });
    },
  );

  it.each(['[]', 'null', '"text"', '7'])('answers 422 to %s, which is no object', async (body) => {
    expect(await ask(path, post(body))).toMatchObject({ status: 422, code: 'Invalid', reached: [] });
  });

  it('answers 413 to a body over the limit, whether its length is announced or not', async () => {
    const large = `{"a":"${'x'.repeat(maxBodyBytes)}"}`;
    const announced = await ask(path, {
      ...post(large),
      headers: { 'content-length': String(large.length) },
    });
    expect(announced).toMatchObject({ status: 413, code: 'BodyTooLarge', reached: [] });
    const chunked = new ReadableStream({
      start(controller) {
        for (let at = 0; at < large.length; at += 65_536)
          controller.enqueue(new TextEncoder().encode(large.slice(at, at + 65_536)));
        controller.close();
      },
    });
    const streamed = await ask(path, { method: 'POST', body: chunked, duplex: 'half' } as RequestInit);
    expect(streamed).toMatchObject({ status: 413, code: 'BodyTooLarge', reached: [] });
  });
});

describe('wrong values are refused with their path, and nothing is stored', () => {
  const withFeature = (value: unknown) => ({ reward: 1, features: { ret: value } });
  it.each<[string, unknown, string]>([
    ['/learn/outcome/hmm/BTCUSDT/calm', {}, 'reward'],
    ['/learn/outcome/hmm/BTCUSDT/calm', { reward: '12' }, 'reward'],
    ['/learn/outcome/hmm/BTCUSDT/calm', '{"reward":1e999}', 'reward'],
    ['/learn/outcome/hmm/BTCUSDT/calm', { reward: true }, 'reward'],
    ['/learn/outcome/hmm/BTCUSDT/calm', withFeature('NaN'), 'features.ret'],
    ['/learn/outcome/hmm/BTCUSDT/calm', withFeature(null), 'features.ret'],
    ['/learn/outcome/hmm/BTCUSDT/calm', { reward: 1, outcome_id: 'a b' }, 'outcome_id'],
    ['/train', { n_states: 1 }, 'n_states'],
    ['/train', { n_states: 13 }, 'n_states'],
    ['/train', { n_states: 2.5 }, 'n_states'],
    ['/train', { n_states: '4' }, 'n_states'],
    ['/train', { tag: '../../etc' }, 'tag'],
    ['/train', { tag: 'a/b' }, 'tag'],
    ['/train', { promote: 'yes' }, 'promote'],
    ['/train?wait=perhaps', {}, 'wait'],
    ['/ingest_once?until=tomorrow', {}, 'until'],
    ['/model/promote', {}, 'version_id'],
    ['/model/promote', { version_id: '../v1' }, 'version_id'],
    ['/model/rollback', { to: '../../etc/passwd' }, 'to'],
    ['/predict', { logret: [] }, 'logret'],
    ['/predict', { logret: [0.1, 'x'] }, 'logret.1'],
    ['/predict', '{"logret":[1e999]}', 'logret.0'],
    ['/predict', { symbol: '../BTC' }, 'symbol'],
    ['/predict', { symbol: 7 }, 'symbol'],
    ['/predict', { logret: [0.1], features: { logret: 1 } }, 'body'],
    ['/predict', { candles: [[0, 1, 1, 1, 1]] }, 'candles.0'],
    ['/predict', { candles: [[0, 1, 1, 1, 0, 1]] }, 'candles.0'],
    ['/predict', { candles: [[0, 1, 0.5, 1, 1, 1]] }, 'candles.0'],
    ['/predict', { candles: [[0, 1, 1, 1, 1, -1]] }, 'candles.0'],
    [
      '/predict',
      {
        candles: [
          [1, 1, 1, 1, 1, 1],
          [1, 1, 1, 1, 1, 1],
        ],
      },
      'candles',
    ],
    ['/param/hmm/BTCUSDT', withFeature('1'), 'features.ret'],
    ['/preset/register/hmm/BTCUSDT', { preset_id: 'a:b', params: { x: 1 } }, 'preset_id'],
    ['/preset/register/hmm/BTCUSDT', { preset_id: '../x', params: { x: 1 } }, 'preset_id'],
    ['/preset/register/hmm/BTCUSDT', { preset_id: 7, params: { x: 1 } }, 'preset_id'],
    ['/preset/register/hmm/BTCUSDT', { preset_id: 'x', params: [1] }, 'params'],
  ])('POST %s %j: %s', async (path, body, where) => {
    const answer = await ask(path, post(body));
    expect(answer).toMatchObject({ status: 422, code: 'Invalid', reached: [] });
    expect(answer.detail).toContain(`${where}:`);
  });

  it.each(['abc', '', ' ', 'NaN', 'Infinity', '-Infinity', '1e999', '1,5'])(
    'GET /param features[ret]=%j',
    async (value) => {
      const answer = await ask(`/param/hmm/BTCUSDT?features%5Bret%5D=${encodeURIComponent(value)}`);
      expect(answer).toMatchObject({ status: 422, reached: [] });
      expect(answer.detail).toContain('features.ret');
    },
  );

  it.each([
    '/param/..%2F..%2Fetc/BTCUSDT',
    '/param/hmm/..%2Fsecret',
    '/param/hmm/BTC%2F..%2FUSDT',
    '/param/a%3Ab/BTCUSDT',
    '/param/hmm/BTC%00',
    `/param/${'x'.repeat(65)}/BTCUSDT`,
    '/models/..%2F..%2Fcurrent',
    '/presets/hmm/..%2Fx',
  ])('GET %s', async (path) => {
    expect(await ask(path)).toMatchObject({ status: 422, code: 'Invalid', reached: [] });
  });

  it('more features than a model can have', async () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, 1]));
    expect(await ask('/param/hmm/BTCUSDT', post({ features: many }))).toMatchObject({
      status: 422,
      reached: [],
    });
  });

  it('parameters nested so deeply that no strategy can mean them', async () => {
    const deep = `{"preset_id":"x","params":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`;
    expect(await ask('/preset/register/hmm/BTCUSDT', post(deep))).toMatchObject({ status: 422, reached: [] });
  });

  it('names that JavaScript gives a meaning to stay plain names', async () => {
    const answer = await ask('/param/hmm/BTCUSDT', post('{"features":{"__proto__":1,"constructor":2}}'));
    expect(answer.status).toBe(200);
    const { features } = answer.reached[0]!.request as { features: object };
    expect(Object.getPrototypeOf(features)).toBe(Object.prototype);
    expect(Object.hasOwn(features, 'constructor')).toBe(true);
  });
});

it('an unknown symbol is told with those that there are', async () => {
  const answer = await ask('/predict', post({ symbol: 'NOPE/USDT' }));
  expect(answer).toMatchObject({ status: 404, code: 'UnknownSymbol' });
  expect(answer.detail).toContain(btc);
});

it('a preset without id or parameters gets the answer, word for word, that older clients compare', async () => {
  const { app } = appWith();
  for (const body of [
    { preset_id: '' },
    {},
    { preset_id: 'x' },
    { preset_id: 'x', params: null },
    { params: { x: 1 } },
  ]) {
    const response = await app.request('/preset/register/hmm/BTCUSDT', postJson(body));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ detail: 'preset_id and params required' });
  }
});

it('HEAD never writes a decision', async () => {
  const { app, controller } = appWith();
  const answer = await app.request('/param/hmm/BTCUSDT?features[ret]=1', { method: 'HEAD' });
  expect([answer.status, controller]).toEqual([405, []]);
});

describe('storage that fails is told as what it is', () => {
  it('a CSV that was changed after it was registered: the prediction says which file, and decisions go on', async () => {
    const state = filledState(3);
    state.promote(3, 'first');
    const [file] = state.ledger.files({ limit: 1 });
    const path = join(state.dataDir, file!.path);
    writeFileSync(path, readFileSync(path, 'utf8').replace('.', '.1'));
    const { app } = appWith({
      newestCandles: (series, count) =>
        newestCandles({ ledger: state.ledger, dataDir: state.dataDir, series, count }),
    });
    const answer = await app.request('/predict', post({ symbol: 'BTCUSDT' }));
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({
      code: 'CandleFileCorrupt',
      detail: expect.stringContaining(file!.path),
    });
    expect((await app.request('/param/hmm/BTCUSDT')).status).toBe(200);
    state.remove();
  });

  it.each(['SQLITE_FULL', 'ENOSPC', 'SQLITE_READONLY'])('%s is 507 with the reason', async (code) => {
    const failed = () => {
      throw new Error('Failed query: insert …', { cause: Object.assign(new Error('disk'), { code }) });
    };
    const { deps } = appWith();
    const { app } = appWith({ controller: { ...deps.controller, decide: failed, learn: failed } });
    const answer = await app.request('/param/hmm/BTCUSDT');
    expect(answer.status).toBe(507);
    expect(await answer.json()).toMatchObject({
      code: 'StorageUnavailable',
      detail: expect.stringContaining(code),
    });
  });
});
