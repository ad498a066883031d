import { describe, expect, it } from 'vitest';
import { createPayloadCodec } from '../temporal/payload-codec.ts';
import { appWith } from './app.fixture.ts';
import { problemBy, problemOfAnswer } from './conforming.fixture.ts';
import { describeGateway } from './describe.ts';
import { type Document, type Media, type Route, routesOf } from './openapi-document.ts';

const { app } = appWith({ payloadCodec: createPayloadCodec([Buffer.alloc(32).toString('base64')]) });
const document = (await (await app.request('/openapi.json')).json()) as Document;
const routes = routesOf(document);

/** Parts of the two pages, which no client asks for by itself. */
const filesOfPages = ['/assets/:name{.+}', '/docs/:name'];

it('describes every route that there is, and none that is not', () => {
  const there = app.routes
    .filter(({ method, path }) => method !== 'ALL' && !filesOfPages.includes(path))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  expect(new Set(routes.map(({ method, path }) => `${method} ${path}`))).toEqual(new Set(there));
});

it('is the same without a gateway, for those who write from it', () => {
  expect(JSON.parse(JSON.stringify(describeGateway()))).toEqual(document);
});

it('names each operation once', () => {
  const names = routes.map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^(get|post)[A-Za-z]+$/.test(name))).toEqual([]);
});

const mediaOf = ({ operation }: Route, status: string): Media =>
  Object.values(operation.responses[status]?.content ?? {})[0]!;

/** What parameters hold as text is a number or a boolean where their schema says so. */
const parameterProblem = ({ schema, example }: Route['parameters'][number]) => problemBy(schema)(example);

describe.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (_, route) => {
  const statuses = Object.keys(route.operation.responses);

  it('says what it does, and shows a request that its own schemas allow', () => {
    expect(route.operation.summary.length).toBeGreaterThan(8);
    const required = route.parameters.filter((one) => one.required || one.in === 'path');
    expect(required.filter(({ example }) => example === undefined)).toEqual([]);
    const shown = route.parameters.filter(({ example }) => example !== undefined);
    expect(shown.map(parameterProblem).filter(Boolean)).toEqual([]);
    const body = route.operation.requestBody?.content['application/json'];
    expect(body === undefined || body.example !== undefined).toBe(true);
    if (route.body) expect(problemBy(route.body)(body?.example)).toBeUndefined();
  });

  it('shows an answer of each success that the schema of the answer allows', () => {
    const successes = statuses.filter((status) => status.startsWith('2'));
    expect(successes).toContain('200');
    for (const status of successes) {
      const { example } = mediaOf(route, status);
      expect(example, status).toBeDefined();
      expect(problemOfAnswer(route, Number(status))(example), status).toBeUndefined();
    }
  });

  it('lists how it refuses, each code once and as it is answered', () => {
    const refusals = statuses.filter((status) => /^[45]/.test(status));
    const expected = ['429', '500', '504', ...('security' in route.operation ? ['401', '403'] : [])];
    expect(refusals).toEqual(expect.arrayContaining(expected));
    if (route.body) expect(refusals).toEqual(expect.arrayContaining(['400', '413', '422']));
    for (const status of refusals) {
      const examples = Object.entries(mediaOf(route, status).examples ?? {});
      expect(examples.length, status).toBeGreaterThan(0);
      for (const [code, { value }] of examples) {
        expect(problemOfAnswer(route, Number(status))(value)).toBeUndefined();
        expect([code, undefined]).toContain((value as { code?: string }).code);
      }
    }
  });
});

describe('the page /docs', () => {
  const page = async () => (await app.request('/docs')).text();

  it('loads everything from the gateway, under a policy that allows nothing else', async () => {
    const answer = await app.request('/docs');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'self';");
    const html = await page();
    const asked = [...html.matchAll(/(?:src|href)="(?!data:)([^"]+)"/g)].map(([, path]) => path!);
    expect(asked).toHaveLength(3);
    for (const path of asked) {
      expect(path).not.toMatch(/^(\/|\w+:)/);
      const file = await app.request(`/${path}`);
      expect(file.status, path).toBe(200);
      expect(file.headers.get('content-type')).toMatch(path.endsWith('.css') ? /^text\/css/ : /javascript/);
    }
  });

  it('answers an asset that is not one of its own with 404', async () => {
    expect((await app.request('/docs/package.json')).status).toBe(404);
    expect((await app.request('/docs/..%2Fserver.ts')).status).toBe(404);
  });
});
