import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { expect, it } from 'vitest';
import { createPayloadCodec } from '../temporal/payload-codec.ts';
import { appWith, postJson, settingsWith } from './app.fixture.ts';

const key = Buffer.from(Array.from({ length: 32 }, (_, i) => i * 5)).toString('base64');
const payloadCodec = createPayloadCodec([key]);
const uiUrl = 'http://127.0.0.1:8233';
const apiKeys = (['trainer', 'admin'] as const).map((role) => ({ role, key: `the-${role}` }));
const settings = { ...settingsWith({ requireAuth: true, apiKeys }), temporal: { uiUrl } };
const { app } = appWith({ settings, payloadCodec });

const asJson = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  ),
  data: Buffer.from(data!).toString('base64'),
});
const [sealed] = await payloadCodec.encode([defaultPayloadConverter.toPayload({ hidden: true })]);
const body = { payloads: [asJson(sealed!)] };

const decode = (headers: Record<string, string>, sent: unknown = body) =>
  app.request('/codec/decode', postJson(sent, headers));

it('shows an admin what is encrypted, as the Web UI of Temporal asks for it', async () => {
  const answer = await decode({ 'x-api-key': 'the-admin', 'x-namespace': 'default', origin: uiUrl });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('access-control-allow-origin')).toBe(uiUrl);
  const { payloads } = (await answer.json()) as { payloads: [{ data: string }] };
  expect(atob(payloads[0].data)).toBe('{"hidden":true}');
});

it('but nobody else, and no page of another origin', async () => {
  expect((await decode({})).status).toBe(401);
  expect((await decode({ 'x-api-key': 'the-trainer' })).status).toBe(403);
  const foreign = await decode({ 'x-api-key': 'the-admin', origin: 'http://127.0.0.1:8234' });
  expect(foreign.status).toBe(403);
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
});

it('answers the preflight of the Web UI alone, and only for this route', async () => {
  const preflight = (path: string, origin: string) =>
    app.request(path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
  const allowed = async (path: string, origin: string) =>
    (await preflight(path, origin)).headers.get('access-control-allow-origin');
  expect(await allowed('/codec/decode', uiUrl)).toBe(uiUrl);
  expect((await preflight('/codec/decode', uiUrl)).headers.get('access-control-allow-headers')).toContain(
    'X-Namespace',
  );
  expect(await allowed('/codec/decode', 'https://elsewhere.example')).toBeNull();
  expect(await allowed('/train', uiUrl)).toBeNull();
  expect((await app.request('/train', { method: 'POST', headers: { origin: uiUrl } })).status).toBe(403);
});

it('is not there where no PAYLOAD_KEY is set', async () => {
  const { app: without } = appWith();
  expect((await without.request('/codec/decode', postJson(body))).status).toBe(404);
});

it('says which key is missing, and refuses what is no payload', async () => {
  const other = createPayloadCodec([Buffer.from(key, 'base64').reverse().toString('base64')]);
  const [stranger] = await other.encode([defaultPayloadConverter.toPayload(1)]);
  const answer = await decode({ 'x-api-key': 'the-admin' }, { payloads: [asJson(stranger!)] });
  expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'PayloadUnreadable' }]);
  const wrong = await decode({ 'x-api-key': 'the-admin' }, { payloads: [{ data: '%%%' }] });
  expect(wrong.status).toBe(422);
});
