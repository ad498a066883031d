import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Controller, openController } from '../controller/open.ts';
import { freshDir } from '../ledger/fresh.fixture.ts';
import { loadStrategySchemas } from '../strategy_schemas/load.ts';
import { appWith, postJson, settingsWith } from './app.fixture.ts';

let controller: Controller;
let app: ReturnType<typeof appWith>['app'];

beforeEach(() => {
  controller = openController({
    path: join(freshDir(), 'pc.sqlite'),
    schemas: loadStrategySchemas(),
    seed: 42,
    epsilon: 0,
    l2: 1,
    maxPresets: 12,
    decisionTtlMs: 900_000,
  });
  const settings = settingsWith({
    requireAuth: true,
    apiKeys: (['reader', 'engine', 'trainer', 'admin'] as const).map((role) => ({
      role,
      key: `the-${role}-key`,
    })),
  });
  // Without series nothing is stale, and every preset can be served.
  ({ app } = appWith({ controller, settings: { ...settings, series: [] } }));
});
afterEach(() => controller.close());

const schema = loadStrategySchemas().get('trend_following')!;
const safeParams = schema.presets[schema.safe_default] as object;
const scope = { strategy: 'trend_following', instrument: 'BTCUSDT' };

const ask = async (
  role: string,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
  headers: Record<string, string> = {},
) => {
  const key = { 'x-api-key': `the-${role}-key`, ...headers };
  const answer = await app.request(path, method === 'GET' ? { headers: key } : postJson(body ?? {}, key));
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

let asked = 0;
const param = async () => {
  asked += 1;
  return (await ask('engine', 'GET', `/param/trend_following/BTCUSDT?features[vol]=${asked}e-6`)).body;
};

describe('roles', () => {
  it.each([
    ['reader', '/kill', 403],
    ['engine', '/kill', 200],
    ['engine', '/resume', 403],
    ['trainer', '/resume', 403],
    ['trainer', '/unlock', 403],
    ['reader', '/equity', 403],
    ['trainer', '/preset/retire', 403],
    ['trainer', '/preset/pin', 403],
    ['reader', '/preset/register/trend_following/BTCUSDT', 403],
    ['engine', '/evaluation/window/trend_following/BTCUSDT', 403],
    ['reader', '/decisions/x/void', 403],
    ['reader', '/outcomes/x/reverse', 403],
    ['reader', '/positions/x/close', 403],
  ])('%s may ask %s: %d', async (role, path, status) => {
    expect((await ask(role, 'POST', path, { reason: 'a test' })).status).toBe(status);
  });
});

describe('the kill switch', () => {
  it('halts every answer until an admin resumes, and both are in the audit log with who and why', async () => {
    expect((await param())['trading_state']).toBe('ACTIVE');
    const killed = await ask('engine', 'POST', '/kill', {
      reason: 'exchange is down',
      strategy: 'trend_following',
    });
    expect(killed.body).toMatchObject({ target: 'trend_following', trading_state: 'HALTED' });
    expect(await param()).toMatchObject({
      trading_state: 'HALTED',
      reason: 'kill',
      applies_to: 'new_positions',
    });
    const resumed = await ask('admin', 'POST', '/resume', {
      reason: 'it is back',
      strategy: 'trend_following',
    });
    expect(resumed.status).toBe(200);
    expect((await param())['trading_state']).toBe('ACTIVE');
    const log = (await ask('reader', 'GET', '/audit?limit=2')).body['data'] as Record<string, string>[];
    expect(log.map(({ action, reason }) => [action, reason])).toEqual([
      ['resume', 'it is back'],
      ['kill', 'exchange is down'],
    ]);
    expect(log.every(({ actor }) => /^key:[0-9a-f]{8}$/.test(actor!))).toBe(true);
  });

  it.each([
    [{}, 'reason'],
    [{ reason: 'x', state: 'ACTIVE' }, 'state'],
    [{ reason: 'x', scope: 'everything' }, 'scope'],
    [{ reason: 'x', strategy: '../x' }, 'strategy'],
  ])('%j is refused and names %s', async (body, field) => {
    const { status, body: answer } = await ask('admin', 'POST', '/kill', body);
    expect(status).toBe(422);
    expect(answer['detail']).toContain(field);
  });

  it('409 where there is nothing to resume, 404 for a lock that is not there', async () => {
    expect((await ask('admin', 'POST', '/resume', { reason: 'x' })).status).toBe(409);
    expect((await ask('admin', 'POST', '/unlock', { reason: 'x', lock_id: 7 })).status).toBe(404);
  });
});

it('a drawdown locks, is shown with what it is made of, and an admin lifts it', async () => {
  await ask('engine', 'POST', '/equity', { equity: 10_000, currency: 'USDT' });
  const { body } = await ask('engine', 'POST', '/equity', { equity: 8_400, currency: 'USDT' });
  expect(body).toMatchObject({ target: '*', peak: 10_000, currency: 'USDT' });
  expect(body['drawdown']).toBeCloseTo(0.16, 12);
  expect(await param()).toMatchObject({ reason: 'lock:drawdown' });
  const { locks } = (await ask('reader', 'GET', '/guardrails')).body as {
    locks: { id: number; target: string }[];
  };
  for (const { id } of locks) await ask('admin', 'POST', '/unlock', { reason: 'a withdrawal', lock_id: id });
  expect((await param())['reason']).not.toContain('lock');
});

it('pin, unpin and retire', async () => {
  const presets = (await ask('reader', 'GET', '/presets/trend_following/BTCUSDT')).body['data'] as {
    preset_id: string;
  }[];
  const spare = presets.map(({ preset_id }) => preset_id).filter((id) => id !== schema.safe_default);
  const pin = { ...scope, preset_id: spare[0], reason: 'a test' };
  expect((await ask('admin', 'POST', '/preset/pin', pin)).status).toBe(200);
  expect(await param()).toMatchObject({ preset_id: spare[0], reason: 'pin' });
  expect((await ask('admin', 'POST', '/preset/retire', pin)).status).toBe(409);
  await ask('admin', 'POST', '/preset/pin', { ...pin, preset_id: null });
  expect((await ask('admin', 'POST', '/preset/retire', pin)).status).toBe(200);
  expect((await ask('admin', 'POST', '/preset/retire', pin)).status).toBe(404);
});

describe('what went wrong can be put right', () => {
  it('an outcome without any id is reversed by its number in the list', async () => {
    const { preset_id } = await param();
    await ask('engine', 'POST', `/learn/outcome/trend_following/BTCUSDT/${String(preset_id)}`, {
      reward: -7,
    });
    const { data } = (await ask('reader', 'GET', '/outcomes?limit=1')).body as { data: { seq: number }[] };
    const path = `/outcomes/seq:${data[0]!.seq}/reverse`;
    const reversed = await ask('engine', 'POST', path, { reason: 'the fill was busted' });
    expect(reversed.body).toEqual({ ok: true, duplicate: false });
    const listed = (await ask('reader', 'GET', '/outcomes?limit=1')).body;
    expect(listed).toMatchObject({ data: [{ reverses: data[0]!.seq, raw_reward: 7 }] });
  });

  it('an outcome is reversed once, a decision voided, a position closed', async () => {
    const { decision_id, preset_id } = await param();
    const learn = `/learn/outcome/trend_following/BTCUSDT/${String(preset_id)}`;
    await ask('engine', 'POST', learn, { reward: 5, decision_id, outcome_id: 'o1' });
    const reverse = () => ask('engine', 'POST', '/outcomes/o1/reverse', { reason: 'the fill was busted' });
    expect((await reverse()).body).toEqual({ ok: true, duplicate: false });
    expect((await reverse()).body).toEqual({ ok: true, duplicate: true });
    expect(
      (await ask('engine', 'POST', `/decisions/${String(decision_id)}/void`, { reason: 'no fill' })).status,
    ).toBe(200);
    const { status, body } = await ask('engine', 'POST', learn, { reward: 5, decision_id, outcome_id: 'o2' });
    expect([status, body['code']]).toEqual([409, 'Conflict']);
    const record = (await ask('reader', 'GET', `/decisions/${String(decision_id)}`)).body;
    expect(record).toMatchObject({ state: 'voided', outcomes: [{ raw_reward: -5 }, { raw_reward: 5 }] });
    await ask('engine', 'GET', '/param/trend_following/BTCUSDT?position_id=p1');
    expect((await ask('engine', 'POST', '/positions/p1/close')).status).toBe(200);
    expect((await ask('engine', 'POST', '/positions/p1/close')).status).toBe(404);
  });

  it('of two positions with one id, the one is closed whose strategy and instrument are sent', async () => {
    const scopes = ['trend_following/BTCUSDT', 'trend_following/ETHUSDT'];
    for (const scope of scopes) await ask('engine', 'GET', `/param/${scope}?position_id=1`);
    const close = (body?: object) => ask('engine', 'POST', '/positions/1/close', body);
    const { status, body } = await close();
    expect([status, body['code']]).toEqual([409, 'Conflict']);
    expect(body['detail']).toContain('trend_following:BTCUSDT, trend_following:ETHUSDT');
    expect((await close({ strategy: 'trend_following', instrument: 'BTC/USDT' })).status).toBe(200);
    expect((await close()).status).toBe(200);
  });

  it('a position is held with the decision that it was opened with, sent by query or body', async () => {
    const { decision_id } = await param();
    const path = '/param/trend_following/BTCUSDT';
    const query = `position_id=p8&decision_id=${String(decision_id)}`;
    const held = (await ask('engine', 'GET', `${path}?${query}`)).body;
    expect(held).toMatchObject({ decision_id, reason: 'position' });
    const post = (more: object) => ask('engine', 'POST', path, more);
    expect((await post({ position_id: 'p8', decision_id })).body).toMatchObject({ decision_id });
    expect((await post({ position_id: 'p9', decision_id: 'nope' })).status).toBe(404);
    expect((await post({ decision_id })).body['code']).toBe('InvalidData');
    const elsewhere = await ask('engine', 'GET', `/param/trend_following/ETHUSDT?${query}`);
    expect([elsewhere.status, elsewhere.body['code']]).toEqual([409, 'Conflict']);
  });

  it('an Idempotency-Key gets one decision and one anonymous outcome', async () => {
    const key = { 'idempotency-key': 'k1' };
    const post = async (features: object) =>
      ask('engine', 'POST', '/param/trend_following/BTCUSDT', { features }, key);
    const first = (await post({ vol: 0.1 })).body['decision_id'];
    expect((await post({ vol: 0.1 })).body['decision_id']).toBe(first);
    expect((await post({ vol: 0.2 })).status).toBe(409);
    const learn = () => ask('engine', 'POST', '/learn/outcome/trend_following/ETHUSDT/p', { reward: 1 }, key);
    await ask('trainer', 'POST', '/preset/register/trend_following/ETHUSDT', {
      preset_id: 'p',
      params: safeParams,
    });
    expect([(await learn()).body['duplicate'], (await learn()).body['duplicate']]).toEqual([false, true]);
    expect(
      (await ask('engine', 'POST', '/param/trend_following/BTCUSDT', {}, { 'idempotency-key': 'a b' }))
        .status,
    ).toBe(422);
  });
});

it('evaluation: a window raises epsilon; what was earned is valued with intervals', async () => {
  const earn = async (reward: number) => {
    const { decision_id, preset_id } = await param();
    const path = `/learn/outcome/trend_following/BTCUSDT/${String(preset_id)}`;
    await ask('engine', 'POST', path, { reward, decision_id });
  };
  await earn(1);
  const window = await ask('trainer', 'POST', '/evaluation/window/trend_following/BTCUSDT', {
    reason: 'a test',
  });
  expect(window.body).toMatchObject({ epsilon: 0.1 });
  for (let i = 0; i < 40; i++) await earn((i % 3) - 1);
  const { body } = await ask(
    'reader',
    'GET',
    '/evaluation?strategy=trend_following&instrument=BTCUSDT&days=1',
  );
  // The first one began a dwell of an hour: in the others nothing else could have been served.
  expect(body).toMatchObject({
    decisions: 1,
    left_out: { forced: 0, unrewarded: 0, no_support: 40 },
    prunable: [],
  });
  expect(body['halves']).toHaveLength(2);
  const values = Object.values(body['presets'] as Record<string, Record<string, unknown> | null>);
  const known = values.filter((value) => value !== null);
  expect([known.length, values.length]).toEqual([1, 3]);
  expect(Object.keys(known[0]!)).toEqual(
    expect.arrayContaining(['ips', 'snips', 'dm', 'dr', 'effectiveSampleSize']),
  );
});
